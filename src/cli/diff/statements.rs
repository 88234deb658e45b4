//! The statements of a change.

use ablo_schema::migrate::Finding;
use ablo_schema::sql::{Cause, Plan, Statement};

use super::Change;
use super::view::{place, stake};
use crate::cli::args::{Dialect, DiffArgs};
use crate::cli::console::Console;
use crate::cli::generate::text;

/// The statements, each under what it is for, the lock it takes and what makes it slow or unsafe.
pub(super) fn view(plan: &Plan) -> String {
    if plan.statements.is_empty() {
        return String::new();
    }
    let lines: String = plan.statements.iter().map(lines).collect();
    format!("\nstatements\n{lines}")
}

fn lines(statement: &Statement) -> String {
    let risk = statement.risk.map_or_else(String::new, |risk| format!(", {}", risk.as_str()));
    let outside = if statement.transactional { "" } else { ", outside a transaction" };
    let (cause, lock) = (cause(&statement.cause), statement.lock.as_str());
    format!("  -- {cause}{lock}{risk}{outside}\n  {}\n", statement.text.replace('\n', "\n  "))
}

/// The statements as a script for the database's own shell.
pub(super) fn script(change: &Change, args: &DiffArgs) -> String {
    let script = text(&change.up);
    // SQLite makes tables anew, and dropping the old one must not touch the rows that point at it.
    if args.dialect == Dialect::Sqlite && args.tables.foreign_keys && !script.is_empty() {
        return format!("PRAGMA foreign_keys = OFF;\n{script}PRAGMA foreign_keys = ON;\n");
    }
    script
}

/// Tells whoever takes the script what it loses, and what stops it on tables that have rows.
pub(super) fn warn(change: &Change, console: &Console) {
    for note in &change.up.notes {
        console.note(&format!("note: {}{}", cause(&note.cause), note.message));
    }
    for finding in &change.diff.warnings {
        console.note(&format!("warning: {}: {}", place(finding), stake(finding.code)));
    }
    for finding in &change.diff.unexecutable {
        console.note(&format!("blocked: {}: {}; {}", place(finding), stake(finding.code), remedy(finding, change)));
    }
}

/// Only a field can be given a value; a tenancy column is none.
fn remedy(finding: &Finding, change: &Change) -> String {
    let model = change.new.models.get(&finding.model);
    let is_field = finding.field.as_ref().is_some_and(|field| model.is_some_and(|m| m.fields.contains_key(field)));
    if is_field {
        format!("add `--backfill {}=VALUE`", place(finding))
    } else {
        "add and fill the column by hand first".to_owned()
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
