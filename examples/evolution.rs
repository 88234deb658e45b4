//! A schema grows from version 1 to 3 and back, and the rows stay: every change is a migration in a folder, made from
//! the snapshot of the one before it.
//!
//! Needs nothing but Rust: the database is a SQLite file in a temporary folder.
//!
//! ```text
//! cargo run --features migrate --example evolution
//! ```

#![allow(clippy::print_stdout, missing_docs)]

use std::error::Error;

use ablo::Schema;
use ablo::migrate::{Backfill, Hints, diff, migrate};
use ablo::migrations::{Change, Folder, Tables, draft};
use ablo::sql::Options;
use rusqlite::Connection;

mod v1 {
    use ablo::prelude::*;

    #[derive(AbloModel, Clone, Debug, PartialEq)]
    #[ablo(mutable)]
    pub struct Task {
        pub id: Id<Task>,
        pub title: String,
        pub list: Option<String>,
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
        // The rename stands in the code, so that nobody has to guess.
        #[ablo(renamed_from = "title")]
        pub summary: String,
        pub list: Option<String>,
        // Rows that exist get the default.
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
        // Required from now on: the change says what rows without one get.
        pub list: String,
        #[ablo(default = 3)]
        pub priority: i32,
        #[ablo(belongs_to, parent, fk)]
        pub project_id: Option<Id<Project>>,
    }

    #[derive(AbloSchema)]
    pub struct Tracker {
        pub projects: Project,
        pub tasks: Task,
    }
}

/// What the application does once the database is at a version.
const V1_ROWS: &str = "INSERT INTO tasks (id, organization_id, title, list) VALUES
    ('a', 'acme', 'Write it down', 'home'), ('b', 'acme', 'Read it again', NULL)";
const V2_ROWS: &str = "INSERT INTO tasks (id, organization_id, summary, priority) VALUES ('c', 'acme', 'Send it', 1)";
const V3_ROWS: &str = "INSERT INTO projects (id, organization_id, name) VALUES ('p', 'acme', 'Letters');
    UPDATE tasks SET project_id = 'p' WHERE id = 'c'";

fn main() -> Result<(), Box<dyn Error>> {
    let place = tempfile::tempdir()?;
    let migrations = place.path().join("migrations");
    let database = Connection::open(place.path().join("tracker.db"))?;
    // Tables are made anew to change them; rows that name others are checked at the end of each change.
    database.pragma_update(None, "foreign_keys", false)?;

    let inbox = Backfill { model: "tasks".into(), field: "list".into(), value: "inbox".into() };
    let lists = Hints { backfills: vec![inbox], ..Hints::default() };
    let story = [
        ("tasks", v1::Tracker::schema()?, Hints::default(), V1_ROWS),
        ("priorities", v2::Tracker::schema()?, Hints::default(), V2_ROWS),
        ("projects", v3::Tracker::schema()?, lists, V3_ROWS),
    ];
    for ((name, schema, hints, rows), version) in story.iter().zip(20_260_101_000_000..) {
        let folder = Folder::read(&migrations)?;
        let head = folder.head()?;
        let before = head.map(|head| &head.schema);
        let diff = diff(before, schema, hints)?;
        println!("== version {}: {name}, schema {}", version - 20_260_100_999_999, schema.hash());
        for step in &diff.steps {
            println!("   {}", step.kind());
        }
        // A loss would have to be allowed, and a blocker to be resolved, by a person.
        assert!(diff.warnings.is_empty() && diff.unexecutable.is_empty());
        let migration = migrate(before, schema, &diff, &Options::sqlite());
        let tables = Tables::default();
        let change = Change { name, version, schema, tables: &tables, allowed: &[] };
        for file in draft(&change, head, &migration).write(&folder)? {
            println!("   wrote {}", file.strip_prefix(place.path())?.display());
        }
        let folder = Folder::read(&migrations)?;
        run(&database, &folder.migrations.last().ok_or("no migration")?.up)?;
        database.execute_batch(rows)?;
        show(&database)?;
    }

    println!("== and all the way back");
    for migration in Folder::read(&migrations)?.migrations.iter().rev().take(2) {
        run(&database, migration.down.as_deref().unwrap_or_default())?;
        println!("   {} is taken back", migration.stem());
        show(&database)?;
    }
    Ok(())
}

/// One change is one transaction.
fn run(database: &Connection, sql: &str) -> Result<(), Box<dyn Error>> {
    let change = database.unchecked_transaction()?;
    change.execute_batch(sql)?;
    let dangling = change.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get::<_, i64>(0))?;
    if dangling > 0 {
        return Err(format!("{dangling} rows name rows that do not exist").into());
    }
    Ok(change.commit()?)
}

/// Every task, as it is stored now.
fn show(database: &Connection) -> Result<(), Box<dyn Error>> {
    let mut tasks = database.prepare("SELECT * FROM tasks ORDER BY id")?;
    let base = ["organization_id", "created_at", "updated_at", "created_by", "archived_at"];
    let columns = 0..tasks.column_count();
    let names: Vec<String> = columns.map(|at| tasks.column_name(at).map(str::to_owned)).collect::<Result<_, _>>()?;
    let mut rows = tasks.query([])?;
    while let Some(row) = rows.next()? {
        let mut values = Vec::new();
        for (position, name) in names.iter().enumerate().filter(|(_, name)| !base.contains(&name.as_str())) {
            let value: rusqlite::types::Value = row.get(position)?;
            values.push(match value {
                rusqlite::types::Value::Null => format!("{name}: nothing"),
                rusqlite::types::Value::Integer(number) => format!("{name}: {number}"),
                rusqlite::types::Value::Text(text) => format!("{name}: {text}"),
                other => format!("{name}: {other:?}"),
            });
        }
        println!("   | {}", values.join(", "));
    }
    Ok(())
}
