//! The way to the next schema in SQLite, which changes a table by making it anew.
//!
//! New tables take shape beside the old ones under names of their own, are filled, and take over when all old ones are
//! gone; so no statement meets a name of the wrong time. Where there are foreign keys the connection minds them only
//! afterwards: dropping the old table must not touch the rows that point at it.

use super::{
    Hints,
    pairing::{Match, Pair, Pairing},
};
use crate::{
    ir::FieldType,
    sql::{
        Cause, Column, Dialect, Lock, Plan, Risk, Statement, Table, create_sqlite_index, create_sqlite_table, ident,
    },
};

/// The statements from the previous tables to the next.
pub(super) fn lower(pairing: &Pairing, hints: &Hints) -> Plan {
    let mut plan = Plan::default();
    let mut push = |text: String, cause: Cause| plan.push(Statement::new(text, Lock::AccessExclusive, cause));
    let changed: Vec<&Pair> = pairing.kept.iter().filter(|pair| is_changed(pair)).collect();
    for table in &pairing.dropped {
        push(format!("DROP TABLE IF EXISTS {};", ident(&table.name)), Cause::model(&table.key));
    }
    for (position, pair) in changed.iter().enumerate() {
        let aside = format!("ablo_new_{position}");
        push(create_sqlite_table(&pair.new, &aside), Cause::model(&pair.new.key));
        push(copy(pair, &aside, hints), Cause::model(&pair.new.key));
    }
    for pair in &changed {
        push(format!("DROP TABLE {};", ident(&pair.old.name)), Cause::model(&pair.new.key));
    }
    for (position, pair) in changed.iter().enumerate() {
        let text =
            format!("ALTER TABLE {} RENAME TO {};", ident(&format!("ablo_new_{position}")), ident(&pair.new.name));
        push(text, Cause::model(&pair.new.key));
    }
    for pair in pairing.kept.iter().filter(|pair| !is_changed(pair)) {
        for index in pair.old.indexes.iter().filter(|index| !pair.new.indexes.contains(index)) {
            push(format!("DROP INDEX IF EXISTS {};", ident(&index.name)), Cause::model(&pair.new.key));
        }
    }
    for table in &pairing.created {
        push(create_sqlite_table(table, &table.name), Cause::model(&table.key));
    }
    for table in pairing.created.iter().chain(pairing.kept.iter().map(|pair| &pair.new)) {
        for index in &table.indexes {
            plan.push(create_sqlite_index(table, index));
        }
    }
    for statement in &mut plan.statements {
        statement.risk = if statement.text.starts_with("DROP TABLE") && is_loss(pairing, &statement.cause) {
            Some(Risk::Loss)
        } else {
            statement.text.starts_with("INSERT").then_some(Risk::Rewrite)
        };
    }
    if !plan.statements.is_empty() && has_foreign_keys(pairing) {
        let pragma = |text: &str| Statement::new(text, Lock::None, Cause::default());
        plan.push(pragma("PRAGMA foreign_keys = OFF;").first());
        // Gives a row for every key that points at nothing, which a new foreign key may find.
        plan.push(pragma("PRAGMA foreign_key_check;"));
        plan.push(pragma("PRAGMA foreign_keys = ON;").then());
    }
    plan.settle()
}

fn has_foreign_keys(pairing: &Pairing) -> bool {
    let kept = pairing.kept.iter().flat_map(|pair| [&pair.old, &pair.new]);
    let mut all = kept.chain(&pairing.created).chain(&pairing.dropped);
    all.any(|table| !table.foreign_keys.is_empty())
}

/// Whether a table's own text changes.
fn is_changed(pair: &Pair) -> bool {
    let text = |table: &Table| create_sqlite_table(table, &table.name);
    text(&pair.old) != text(&pair.new) || pair.columns.iter().any(|found| found.kept().is_none())
}

/// Whether a cause is a table that is gone.
fn is_loss(pairing: &Pairing, cause: &Cause) -> bool {
    pairing.dropped.iter().any(|table| Some(&table.key) == cause.model.as_ref())
}

fn copy(pair: &Pair, into: &str, hints: &Hints) -> String {
    let mut columns = Vec::new();
    let mut values = Vec::new();
    for found in &pair.columns {
        if let Some(value) = value(pair, found, hints) {
            columns.push(ident(&found.new.name));
            values.push(value);
        }
    }
    format!(
        "INSERT INTO {} ({}) SELECT {} FROM {};",
        ident(into),
        columns.join(", "),
        values.join(", "),
        ident(&pair.old.name)
    )
}

/// What a row's column gets; `None` leaves it to the column's default.
fn value(pair: &Pair, found: &Match, hints: &Hints) -> Option<String> {
    let column = &found.new;
    let backfill = column.field.as_ref().and_then(|field| hints.backfill(&pair.new.key, field));
    let backfill = backfill
        .or(column.def.default.as_ref().filter(|_| column.not_null))
        .and_then(|value| column.literal(value, Dialect::Sqlite));
    match (found.kept(), backfill) {
        (Some(old), Some(value)) if column.not_null => Some(format!("coalesce({}, {value})", cast(old, column))),
        (Some(old), _) => Some(cast(old, column)),
        (None, value) => value,
    }
}

/// A value of the old type as one of the new.
fn cast(old: &Column, new: &Column) -> String {
    let name = ident(&old.name);
    match (old.def.ty, new.def.ty) {
        (FieldType::Boolean, FieldType::String | FieldType::Enum) => {
            format!("CASE {name} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END")
        }
        (FieldType::String | FieldType::Enum, FieldType::Boolean) => {
            format!("CASE lower({name}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END")
        }
        (FieldType::Number, FieldType::Boolean) => format!("{name} <> 0"),
        (FieldType::Enum, FieldType::Json) => format!("json_quote({name})"),
        _ if old.ty(Dialect::Sqlite) != new.ty(Dialect::Sqlite) => {
            format!("CAST({name} AS {})", new.ty(Dialect::Sqlite))
        }
        _ => name,
    }
}
