//! The SQLite dialect. Tables are `STRICT`; times are ISO-8601 text, booleans 0 or 1, JSON text.

use super::{
    Cause, Column, Dialect, Index, Lock, Options, Plan, Statement, Table, Unless, ident, names, postgres,
    text::{idents, one_of},
};
use crate::ir::FieldType;

/// The time as the wire writes it.
const NOW: &str = "(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))";

/// The statements for these tables.
pub(super) fn provision(tables: &[Table], _: &Options) -> Plan {
    let mut plan = Plan::default();
    for table in tables {
        plan.push(Statement::new(create_table(table, &table.name), Lock::None, Cause::model(&table.key)));
        for column in table.columns.iter().filter(|column| !table.primary_key.contains(&column.name)) {
            plan.push(add_missing_column(table, column));
        }
        for index in &table.indexes {
            plan.push(create_index(table, index));
        }
    }
    plan
}

/// An index.
pub(crate) fn create_index(table: &Table, index: &Index) -> Statement {
    let text = format!(
        "CREATE {}INDEX IF NOT EXISTS {} ON {} ({});",
        if index.is_unique { "UNIQUE " } else { "" },
        ident(&index.name),
        ident(&table.name),
        idents(&index.columns),
    );
    let cause = Cause { model: Some(table.key.clone()), field: index.field.clone() };
    Statement::new(text, Lock::AccessExclusive, cause)
}

/// The table under a name.
pub(crate) fn create_table(table: &Table, name: &str) -> String {
    let mut lines: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let not_null = if column.not_null { " NOT NULL" } else { "" };
            format!("  {}{not_null}{}", typed(column), suffix(table, column))
        })
        .collect();
    lines.push(format!("  PRIMARY KEY ({})", idents(&table.primary_key)));
    for key in &table.foreign_keys {
        let (here, there) = match &key.organization {
            Some((here, there)) => (format!("{}, ", ident(here)), format!("{}, ", ident(there))),
            None => <(String, String)>::default(),
        };
        lines.push(format!(
            "  CONSTRAINT {} FOREIGN KEY ({here}{}) REFERENCES {} ({there}\"id\") ON DELETE NO ACTION DEFERRABLE \
             INITIALLY DEFERRED",
            ident(&key.name),
            ident(&key.column),
            ident(&key.target),
        ));
    }
    format!("CREATE TABLE IF NOT EXISTS {} (\n{}\n) STRICT;", ident(name), lines.join(",\n"))
}

/// A column that an older table lacks; nullable, for older rows have no value, and without a default that is not
/// constant, which SQLite refuses here.
pub(crate) fn add_missing_column(table: &Table, column: &Column) -> Statement {
    let suffix = if column.now_by_default { String::new() } else { suffix(table, column) };
    let text = format!("ALTER TABLE {} ADD COLUMN {}{suffix};", ident(&table.name), typed(column));
    Statement::new(text, Lock::AccessExclusive, postgres::cause(table, column))
        .unless(Unless::Column { table: table.name.clone(), column: column.name.clone() })
}

fn typed(column: &Column) -> String {
    format!("{} {}", ident(&column.name), column.ty(Dialect::Sqlite))
}

/// The default and the check of a column.
fn suffix(table: &Table, column: &Column) -> String {
    let mut text = String::new();
    let default = if column.now_by_default {
        Some(NOW.to_owned())
    } else {
        column.def.default.as_ref().and_then(|value| column.literal(value, Dialect::Sqlite))
    };
    if let Some(default) = default {
        text.push_str(" DEFAULT ");
        text.push_str(&default);
    }
    let name = ident(&column.name);
    let check = match (column.values(), column.def.ty) {
        (Some(values), _) => Some(one_of(Dialect::Sqlite, &name, values)),
        (None, FieldType::Boolean) => Some(format!("{name} IN (0, 1)")),
        _ => None,
    };
    if let Some(check) = check {
        let constraint = ident(&names::enumeration(&table.name, &column.name));
        text.push_str(&format!(" CONSTRAINT {constraint} CHECK ({check})"));
    }
    text
}
