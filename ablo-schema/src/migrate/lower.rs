use super::{Diff, Hints, diff, pairing::Pairing, postgres, sqlite};
use crate::{
    ir::SchemaDef,
    sql::{Cause, Dialect, Note, Options, Plan},
};

/// The way from one schema to the next, and back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Migration {
    /// The way to the next schema.
    pub up: Plan,
    /// The way back. It restores every table and column; [`Migration::lost`] says which values it cannot.
    pub down: Plan,
    /// What the way back does not restore, or fails on, and why.
    pub lost: Vec<Note>,
}

impl Migration {
    /// Whether the way back restores everything.
    #[must_use]
    pub fn is_reversible(&self) -> bool {
        self.lost.is_empty()
    }
}

/// The statements that bring a database from one schema to the next, and back. `diff` is what [`super::diff()`] gave
/// for them.
#[must_use]
pub fn migrate(previous: Option<&SchemaDef>, next: &SchemaDef, diff: &Diff, options: &Options) -> Migration {
    let nothing = SchemaDef::default();
    let previous = previous.unwrap_or(&nothing);
    let back = diff.hints.reversed();
    Migration {
        up: lower(previous, next, &diff.hints, options),
        down: lower(next, previous, &back, options),
        lost: lost(previous, next, diff, &back),
    }
}

fn lower(previous: &SchemaDef, next: &SchemaDef, hints: &Hints, options: &Options) -> Plan {
    let pairing = Pairing::of(previous, next, hints, options);
    match options.dialect {
        Dialect::Postgres => postgres::lower(&pairing, hints, options),
        Dialect::Sqlite => sqlite::lower(&pairing, hints),
    }
}

/// What the way up loses the way back cannot bring again, and what blocks the way back.
fn lost(previous: &SchemaDef, next: &SchemaDef, forward: &Diff, back: &Hints) -> Vec<Note> {
    let note = |finding: &super::Finding, message: String| Note {
        cause: Cause { model: Some(finding.model.clone()), field: finding.field.clone() },
        message,
    };
    let mut notes: Vec<Note> = forward
        .warnings
        .iter()
        .map(|finding| note(finding, format!("{}: values the way up loses do not come back", finding.code.as_str())))
        .collect();
    // The hints were checked on the way up.
    let reverse = diff(Some(next), previous, back).unwrap_or_default();
    notes.extend(reverse.unexecutable.iter().map(|finding| {
        note(finding, format!("{}: the way back fails on a table that has rows", finding.code.as_str()))
    }));
    notes
}
