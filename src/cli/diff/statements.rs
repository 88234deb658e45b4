//! The statements of a change.

use ablo_schema::sql::{Cause, Plan, Statement};

use super::Change;
use super::view::way_out;
use crate::cli::args::{Dialect, DiffArgs};
use crate::cli::console::Console;
use crate::cli::generate::text;

/// The statements, each under what it is for, the lock it takes and what makes it slow or unsafe.
pub(super) fn view(plan: &Plan) -> String {
    if plan.statements.is_empty() {
        return String::new();
    }
    let lines: String = plan.statements.iter().map(lines).collect();
    let notes = plan.notes.iter().map(|note| format!("  -- note: {}{}\n", cause(&note.cause), note.message));
    format!("\nstatements\n{lines}{}", notes.collect::<String>())
}

fn lines(statement: &Statement) -> String {
    let risk = statement.risk.map_or_else(String::new, |risk| format!(", {}", risk.as_str()));
    let outside = if statement.is_transactional() { "" } else { ", outside a transaction" };
    let (cause, lock) = (cause(&statement.cause), statement.lock.as_str());
    format!("  -- {cause}{lock}{risk}{outside}\n  {}\n", statement.text.replace('\n', "\n  "))
}

/// The statements as a script for the database's own shell. SQLite makes tables anew, which a script that stops halfway
/// must not leave undone.
pub(super) fn script(change: &Change, args: &DiffArgs) -> String {
    if args.dialect == Dialect::Postgres || change.up.statements.is_empty() {
        return text(&change.up);
    }
    let lines = |statements: &mut dyn Iterator<Item = &Statement>| -> String {
        statements.map(|statement| format!("{}\n", statement.text)).collect()
    };
    let (before, after) = (lines(&mut change.up.before()), lines(&mut change.up.afterwards()));
    format!("{before}BEGIN;\n{}COMMIT;\n{after}", lines(&mut change.up.transactional()))
}

/// Tells whoever takes the script what it loses, and what stops it on tables that have rows.
pub(super) fn warn(change: &Change, console: &Console) {
    for note in &change.up.notes {
        console.note(&format!("note: {}{}", cause(&note.cause), note.message));
    }
    for finding in &change.diff.warnings {
        console.note(&format!("warning: {}: {}", finding.place(), finding.code.stake()));
    }
    for finding in &change.diff.unexecutable {
        let (stake, way_out) = (finding.code.stake(), way_out(finding, &change.new));
        console.note(&format!("blocked: {}: {stake}; {way_out}", finding.place()));
    }
}

/// What a statement or note is for, before a colon.
pub(crate) fn cause(cause: &Cause) -> String {
    match (&cause.model, &cause.field) {
        (Some(model), Some(field)) => format!("{model}.{field}: "),
        (Some(model), None) => format!("{model}: "),
        _ => String::new(),
    }
}
