//! `ablo schema diff`, and the view of a change that migrations share.

mod clients;
mod hints;
mod statements;
mod view;

use ablo_schema::ir::SchemaDef;
use ablo_schema::json::Json;
use ablo_schema::migrate::{Diff, diff, migrate};
use ablo_schema::sql::{Options, Plan};

pub(super) use hints::{allowed, hints};
pub(super) use statements::cause;
pub(super) use view::{steps, way_out};

use super::args::{DiffArgs, Format};
use super::console::Console;
use super::exit::Exit;
use super::failure::{Failure, Outcome};
use super::generate::{options, statement};
use super::source::{Source, read_artifact};
use view::view;

/// A change from one schema to another.
pub(super) struct Change {
    pub old: SchemaDef,
    pub new: SchemaDef,
    pub diff: Diff,
    /// The statements that bring a database along.
    pub up: Plan,
}

impl Change {
    /// What leads from one schema to the other, with the hints and for the database asked for.
    fn between(old: SchemaDef, new: SchemaDef, args: &DiffArgs) -> Result<Self, Failure> {
        let diff = diff(Some(&old), &new, &hints(&args.hints, &new)?)?;
        let options = Options { online: args.online.online, ..options(args.dialect, &args.tables) };
        let up = migrate(Some(&old), &new, &diff, &options).up;
        Ok(Self { old, new, diff, up })
    }

    /// Whether a database notices nothing. Foreign keys may come and go without a step.
    fn is_empty(&self) -> bool {
        self.diff.is_empty() && self.up.statements.is_empty()
    }
}

/// `ablo schema diff`. Looking refuses nothing: it ends with 3 when there are differences.
pub(super) fn run(args: &DiffArgs, source: &Source, console: &Console) -> Outcome {
    let old = read_artifact(&args.old)?;
    let new = args.new.as_deref().map_or_else(|| source.def(), read_artifact)?;
    let change = Change::between(old, new, args)?;
    match console.format() {
        Format::Json => console.data(&json(&change).to_pretty())?,
        Format::Human => console.data(&view(&change))?,
        Format::Sql => {
            statements::warn(&change, console);
            console.data(&statements::script(&change, args))?;
        }
    }
    Ok(if change.is_empty() { Exit::Ok } else { Exit::Pending })
}

fn json(change: &Change) -> Json {
    let mut members = vec![
        ("schema".to_owned(), Json::from("ablo.diff/1")),
        ("from".to_owned(), change.old.hash().to_string().into()),
        ("to".to_owned(), change.new.hash().to_string().into()),
    ];
    if let Json::Object(steps) = change.diff.to_json() {
        members.extend(steps);
    }
    let clients = clients::effects(change);
    members.push(("clients".to_owned(), Json::Array(clients.iter().map(clients::Effect::to_json).collect())));
    members.push(("statements".to_owned(), Json::Array(change.up.statements.iter().map(statement).collect())));
    Json::Object(members)
}
