//! A schema grows from version 1 to 3: what each step changes, what is at stake, and how the hints keep the rows.
//!
//! ```text
//! cargo run --example evolution
//! ```

#![allow(clippy::print_stdout, missing_docs)]

use ablo::Schema;
use ablo::error::AbloError;
use ablo::migrate::{Hints, diff, migrate};
use ablo::sql::Options;

mod v1 {
    use ablo::prelude::*;

    #[derive(AbloModel, Clone, Debug, PartialEq)]
    #[ablo(mutable)]
    pub struct Task {
        pub id: Id<Task>,
        pub title: String,
    }

    #[derive(AbloSchema)]
    pub struct Tracker {
        pub tasks: Task,
    }
}

mod v2 {
    use ablo::prelude::*;

    #[derive(AbloModel, Clone, Debug, PartialEq)]
    #[ablo(mutable)]
    pub struct Task {
        pub id: Id<Task>,
        /// The rename stands in the code, so that nobody has to guess.
        #[ablo(renamed_from = "title")]
        pub summary: String,
        /// Rows that exist get the default.
        #[ablo(default = 3)]
        pub priority: i32,
    }

    #[derive(AbloSchema)]
    pub struct Tracker {
        pub tasks: Task,
    }
}

mod v3 {
    use ablo::prelude::*;

    #[derive(AbloModel, Clone, Debug, PartialEq)]
    #[ablo(mutable)]
    pub struct Project {
        pub id: Id<Project>,
        pub name: String,
    }

    #[derive(AbloModel, Clone, Debug, PartialEq)]
    #[ablo(mutable)]
    pub struct Task {
        pub id: Id<Task>,
        pub summary: String,
        #[ablo(belongs_to, parent, fk)]
        pub project_id: Option<Id<Project>>,
    }

    #[derive(AbloSchema)]
    pub struct Tracker {
        pub projects: Project,
        pub tasks: Task,
    }
}

fn main() -> Result<(), AbloError> {
    let versions = [v1::Tracker::schema()?, v2::Tracker::schema()?, v3::Tracker::schema()?];
    for pair in versions.windows(2) {
        let [before, after] = pair else { continue };
        let diff = diff(Some(before), after, &Hints::default())?;
        println!("{} -> {}", before.hash(), after.hash());
        for step in &diff.steps {
            println!("  {}", step.kind());
        }
        for finding in diff.warnings.iter().chain(&diff.unexecutable) {
            println!("  at stake: {} {}", finding.code.as_str(), finding.model);
        }
        let migration = migrate(Some(before), after, &diff, &Options::postgres("public").with_foreign_keys());
        let (up, down) = (migration.up.statements.len(), migration.down.statements.len());
        println!("  {up} statements up, {down} down; everything comes back: {}", migration.is_reversible());
    }
    Ok(())
}
