//! Another type for a column of a large PostgreSQL table in use: a new column beside the old one, which a trigger keeps
//! equal, is filled in batches, and takes over in one short statement.

use crate::{
    ir::FieldType,
    sql::{Cause, Column, Dialect, Index, Lock, Postgres, Statement, Table, ident, names},
};

/// One column that gets another type.
pub(super) struct Retype<'a> {
    pub sql: Postgres<'a>,
    pub table: &'a Table,
    pub old: &'a Column,
    pub new: &'a Column,
    /// What rows without a value get, as SQL.
    pub value: Option<String>,
    /// The indexes of the old column that stay.
    pub indexes: Vec<&'a Index>,
}

impl Retype<'_> {
    /// The new column while the old one is there.
    pub fn aside(&self) -> Column {
        Column { name: names::aside(&self.new.name), ..self.new.clone() }
    }

    fn name(&self) -> String {
        self.sql.name(&self.table.name)
    }

    fn copier(&self) -> String {
        names::copier(&self.table.name, &self.new.name)
    }

    fn statement(&self, text: String, lock: Lock) -> Statement {
        Statement::new(text, lock, Cause { model: Some(self.table.key.clone()), field: self.new.field.clone() })
    }

    /// The new value, out of the old one.
    fn copied(&self, from: &str) -> String {
        let copied = cast(from, self.old, self.new);
        self.value.as_ref().map_or_else(|| copied.clone(), |value| format!("coalesce({copied}, {value})"))
    }

    /// In the transaction: the new column, equal for every row that is written from now on.
    pub fn begin(&self) -> Vec<Statement> {
        let (on, aside, copier) = (self.name(), ident(&self.aside().name), ident(&self.copier()));
        let function = self.sql.name(&self.copier());
        let copied = self.copied(&format!("NEW.{}", ident(&self.new.name)));
        let column = format!("ALTER TABLE {on} ADD COLUMN {aside} {};", self.new.ty(Dialect::Postgres));
        let copy = format!(
            "CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $ablo$ BEGIN\n  NEW.{aside} := \
             {copied};\n  RETURN NEW;\nEND $ablo$;"
        );
        let trigger = format!(
            "CREATE TRIGGER {copier} BEFORE INSERT OR UPDATE ON {on} FOR EACH ROW EXECUTE FUNCTION {function}();"
        );
        vec![
            self.statement(column, Lock::AccessExclusive),
            self.statement(copy, Lock::None),
            self.statement(trigger, Lock::ShareRowExclusive),
        ]
    }

    /// Fills older rows, a batch of keys at a time, and builds the indexes that stay.
    pub fn fill(&self) -> Vec<Statement> {
        let (on, aside) = (self.name(), ident(&self.aside().name));
        let copied = self.copied(&ident(&self.new.name));
        let text = format!(
            "DO $ablo$ DECLARE\n  batch TEXT[];\n  done TEXT;\nBEGIN\n  LOOP\n    batch := ARRAY(SELECT \"id\" FROM {on} \
             WHERE done IS NULL OR \"id\" > done ORDER BY \"id\" LIMIT 10000);\n    EXIT WHEN cardinality(batch) = 0;\n    \
             UPDATE {on} SET {aside} = {copied} WHERE \"id\" = ANY (batch);\n    done := batch[cardinality(batch)];\n    \
             COMMIT;\n  END LOOP;\nEND $ablo$;"
        );
        let mut statements = vec![self.statement(text, Lock::RowExclusive).then()];
        let aside_name = self.aside().name;
        for index in &self.indexes {
            let moved = |column: &String| if *column == self.new.name { aside_name.clone() } else { column.clone() };
            let index = Index {
                name: names::aside(&index.name),
                columns: index.columns.iter().map(moved).collect(),
                is_late: false,
                ..(*index).clone()
            };
            statements.push(Postgres { online: true, ..self.sql }.create_index(self.table, &index));
        }
        statements
    }

    /// The constraint that allows an enum's values alone, under the name it keeps.
    pub fn check(&self) -> Vec<Statement> {
        let aside = self.aside();
        let Some(values) = aside.values() else { return Vec::new() };
        let values: Vec<String> = values.iter().map(|value| crate::sql::literal(value)).collect();
        let constraint = ident(&names::enumeration(&self.table.name, &self.new.name));
        let on = self.name();
        let add = format!(
            "ALTER TABLE {on} DROP CONSTRAINT IF EXISTS {constraint}, ADD CONSTRAINT {constraint} CHECK ({} IN ({})) NOT \
             VALID;",
            ident(&aside.name),
            values.join(", ")
        );
        let validate = format!("ALTER TABLE {on} VALIDATE CONSTRAINT {constraint};");
        vec![
            self.statement(add, Lock::AccessExclusive).then(),
            self.statement(validate, Lock::ShareUpdateExclusive).then(),
        ]
    }

    /// The new column takes over. It changes no row, so nobody waits for long; and it can come again.
    pub fn finish(&self) -> Statement {
        let (on, name, aside) = (self.name(), ident(&self.new.name), self.aside().name);
        let regclass = crate::sql::literal(&on);
        let mut lines = vec![
            format!("DROP TRIGGER {} ON {on};", ident(&self.copier())),
            format!("DROP FUNCTION {}();", self.sql.name(&self.copier())),
            format!("ALTER TABLE {on} DROP COLUMN {name};"),
            format!("ALTER TABLE {on} RENAME COLUMN {} TO {name};", ident(&aside)),
        ];
        if let Some(default) = self.sql.default(self.new) {
            lines.push(format!("ALTER TABLE {on} ALTER COLUMN {name} SET DEFAULT {default};"));
        }
        for index in &self.indexes {
            let from = self.sql.name(&names::aside(&index.name));
            lines.push(format!("ALTER INDEX {from} RENAME TO {};", ident(&index.name)));
        }
        if let Some(doc) = &self.new.def.doc {
            lines.push(self.sql.comment_column(self.table, self.new, Some(doc)).text);
        }
        let text = format!(
            "DO $ablo$ BEGIN\n  IF EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = {regclass}::regclass AND attname = {} \
             AND NOT attisdropped) THEN\n    {}\n  END IF;\nEND $ablo$;",
            crate::sql::literal(&aside),
            lines.join("\n    ")
        );
        self.statement(text, Lock::AccessExclusive).then()
    }
}

/// A value of the old type as one of the new.
pub(super) fn cast(value: &str, old: &Column, new: &Column) -> String {
    match (old.def.ty, new.def.ty) {
        (FieldType::Number, FieldType::Boolean) => format!("{value} <> 0"),
        // As the wire writes it, whatever the session's date style.
        (FieldType::Date, _) => format!("to_char({value} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"),
        (FieldType::Enum, FieldType::Json) => format!("to_jsonb({value})"),
        _ => format!("{value}::{}", new.ty(Dialect::Postgres)),
    }
}
