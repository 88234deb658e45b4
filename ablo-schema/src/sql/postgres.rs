//! The PostgreSQL dialect.

use super::{
    Cause, Column, Dialect, Lock, Options, Plan, Risk, Statement, Table, ident, literal, names,
    table::{ForeignKey, Index, Isolation},
    text::{idents, one_of},
};

/// What `app.current_org_id` holds, none when it is empty.
const CURRENT: &str = "NULLIF(current_setting('app.current_org_id', true), '')";

/// The statements for these tables.
pub(super) fn provision(tables: &[Table], options: &Options) -> Plan {
    let dialect = Postgres { target: &options.target, online: options.online };
    let mut plan = Plan::default();
    if options.target != "public" {
        plan.push(dialect.create_schema());
    }
    for table in tables {
        plan.push(dialect.create_table(table));
        dialect.complete_table(table, &mut plan);
    }
    // Keys and policies refer to other tables, so they come when all are there.
    for table in tables {
        for key in &table.foreign_keys {
            plan.push(dialect.add_foreign_key(table, key));
            plan.push(dialect.validate(table, &key.name, Some(&key.relation)));
        }
        dialect.isolate(table, &mut plan);
    }
    plan.settle()
}

/// Statements for tables in one database schema.
#[derive(Clone, Copy)]
pub(crate) struct Postgres<'a> {
    /// The database schema.
    pub target: &'a str,
    /// Whether tables are large and in use.
    pub online: bool,
}

impl Postgres<'_> {
    /// The qualified name of a table or index.
    pub fn name(&self, name: &str) -> String {
        format!("{}.{}", ident(self.target), ident(name))
    }

    /// A qualified table name as a catalog id.
    fn regclass(&self, table: &str) -> String {
        format!("{}::regclass", literal(&self.name(table)))
    }

    pub fn create_schema(&self) -> Statement {
        let text = format!("CREATE SCHEMA IF NOT EXISTS {};", ident(self.target));
        Statement::new(text, Lock::None, Cause::default())
    }

    pub fn create_table(&self, table: &Table) -> Statement {
        let mut lines: Vec<String> =
            table.columns.iter().map(|column| format!("  {}", self.column(table, column))).collect();
        lines.extend(table.columns.iter().filter_map(|column| Some(format!("  {}", self.check(table, column)?))));
        let text = format!("CREATE TABLE IF NOT EXISTS {} (\n{}\n);", self.name(&table.name), lines.join(",\n"));
        Statement::new(text, Lock::None, Cause::model(&table.key))
    }

    fn column(&self, table: &Table, column: &Column) -> String {
        let mut text = format!("{} {}", ident(&column.name), column.ty(Dialect::Postgres));
        if table.primary_key == [column.name.as_str()] {
            // The database's own name for it, unless that would be cut in the database's own way.
            let name = names::primary_key(&table.name);
            if name != format!("{}_pkey", table.name) {
                text.push_str(&format!(" CONSTRAINT {}", ident(&name)));
            }
            text.push_str(" PRIMARY KEY");
        } else if column.not_null {
            text.push_str(" NOT NULL");
        }
        if let Some(default) = self.default(column) {
            text.push_str(" DEFAULT ");
            text.push_str(&default);
        }
        text
    }

    /// What the database fills in.
    pub fn default(&self, column: &Column) -> Option<String> {
        if column.now_by_default {
            return Some("now()".into());
        }
        column.literal(column.def.default.as_ref()?, Dialect::Postgres)
    }

    /// The constraint that allows an enum's values alone.
    pub fn check(&self, table: &Table, column: &Column) -> Option<String> {
        let name = names::enumeration(&table.name, &column.name);
        let check = one_of(Dialect::Postgres, &ident(&column.name), column.values()?);
        Some(format!("CONSTRAINT {} CHECK ({check})", ident(&name)))
    }

    /// Everything a table has beside its columns, and the columns an existing table lacks.
    fn complete_table(&self, table: &Table, plan: &mut Plan) {
        for column in table.columns.iter().filter(|column| column.field.is_some() || is_late_base(table, column)) {
            plan.push(self.add_missing_column(table, column));
            if let Some(check) = self.check(table, column) {
                let name = names::enumeration(&table.name, &column.name);
                plan.push(self.add_check(table, column, &name, &check));
                plan.push(self.validate(table, &name, column.field.as_deref()));
            }
        }
        for index in &table.indexes {
            plan.push(self.create_index(table, index));
        }
        self.comment(table, plan);
    }

    /// A column that an older table lacks. It is nullable there: older rows have no value.
    pub fn add_missing_column(&self, table: &Table, column: &Column) -> Statement {
        let default = self.default(column).map(|default| format!(" DEFAULT {default}")).unwrap_or_default();
        let text = format!(
            "ALTER TABLE {} ADD COLUMN IF NOT EXISTS {} {}{default};",
            self.name(&table.name),
            ident(&column.name),
            column.ty(Dialect::Postgres),
        );
        Statement::new(text, Lock::AccessExclusive, cause(table, column))
    }

    fn add_check(&self, table: &Table, column: &Column, name: &str, check: &str) -> Statement {
        let text = format!(
            "DO $ablo$ BEGIN\n  IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = {} AND conrelid = {}) \
             THEN\n    ALTER TABLE {} ADD {check} NOT VALID;\n  END IF;\nEND $ablo$;",
            literal(name),
            self.regclass(&table.name),
            self.name(&table.name),
        );
        Statement::new(text, Lock::AccessExclusive, cause(table, column))
    }

    /// Checks existing rows against a constraint while reads and writes go on.
    pub fn validate(&self, table: &Table, constraint: &str, field: Option<&str>) -> Statement {
        let text = format!("ALTER TABLE {} VALIDATE CONSTRAINT {};", self.name(&table.name), ident(constraint));
        let cause = Cause { model: Some(table.key.clone()), field: field.map(Into::into) };
        Statement::new(text, Lock::ShareUpdateExclusive, cause).afterwards()
    }

    fn index_head(&self, index: &Index, how: &str) -> String {
        format!("CREATE {}INDEX {how}{}", if index.is_unique { "UNIQUE " } else { "" }, ident(&index.name))
    }

    /// An index: after the transaction when it is for a foreign key alone, or the table is in use.
    pub fn create_index(&self, table: &Table, index: &Index) -> Statement {
        if index.is_late {
            return self.create_index_late(table, index).afterwards();
        }
        if self.online {
            return self.create_index_late(table, index).then();
        }
        // Looks for the index on this very table: the name alone could be another table's, which then is an error.
        let text = format!(
            "DO $ablo$ BEGIN\n  IF NOT EXISTS (SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
             WHERE relname = {} AND indrelid = {}) THEN\n    {} ON {} ({});\n  END IF;\nEND $ablo$;",
            literal(&index.name),
            self.regclass(&table.name),
            self.index_head(index, ""),
            self.name(&table.name),
            idents(&index.columns),
        );
        Statement::new(text, Lock::Share, index_cause(table, index)).risk(Risk::IndexBuild)
    }

    /// The same while writes go on.
    fn create_index_late(&self, table: &Table, index: &Index) -> Statement {
        let text = format!(
            "{} ON {} ({});",
            self.index_head(index, "CONCURRENTLY IF NOT EXISTS "),
            self.name(&table.name),
            idents(&index.columns),
        );
        Statement::new(text, Lock::ShareUpdateExclusive, index_cause(table, index))
    }

    /// A foreign key that is checked at commit, so that rows can come in any order. One of that name with another
    /// timing or action is replaced.
    pub fn add_foreign_key(&self, table: &Table, key: &ForeignKey) -> Statement {
        let (name, on, target) = (literal(&key.name), self.regclass(&table.name), self.name(&key.target));
        let alter = format!("ALTER TABLE {}", self.name(&table.name));
        let constraint = ident(&key.name);
        let text = format!(
            "DO $ablo$ BEGIN\n  IF EXISTS (SELECT 1 FROM pg_constraint WHERE conname = {name} AND conrelid = {on} AND \
             (NOT condeferrable OR NOT condeferred OR confdeltype <> 'a')) THEN\n    {alter} DROP CONSTRAINT \
             {constraint};\n  END IF;\n  IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = {name} AND \
             conrelid = {on}) THEN\n    {alter} ADD CONSTRAINT {constraint} FOREIGN KEY ({}) REFERENCES {target} \
             (\"id\") ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED NOT VALID;\n  END IF;\nEND $ablo$;",
            ident(&key.column),
        );
        Statement::new(text, Lock::ShareRowExclusive, Cause::field(&table.key, &key.relation))
    }

    /// Keeps organizations apart, also for the table's owner.
    pub fn isolate(&self, table: &Table, plan: &mut Plan) {
        let condition = match &table.isolation {
            Isolation::None => return,
            Isolation::Column(column) => format!("{} = {CURRENT}", ident(column)),
            Isolation::Through { local, table: parent, key, organization } => {
                let organization = organization
                    .as_ref()
                    .map(|column| format!(" AND ablo_parent.{} = {CURRENT}", ident(column)))
                    .unwrap_or_default();
                format!(
                    "EXISTS (SELECT 1 FROM {} AS ablo_parent WHERE ablo_parent.{} = {}.{}{organization})",
                    self.name(parent),
                    ident(key),
                    ident(&table.name),
                    ident(local)
                )
            }
            Isolation::Unknown(parent) => {
                let message = format!(
                    "rows belong to an organization through `{parent}`, which is not a table of the schema with the \
                     columns this takes; the database does not keep them apart"
                );
                return plan.note(Cause::model(&table.key), message);
            }
        };
        let name = self.name(&table.name);
        let policy = ident(&names::policy(&table.name));
        for text in [
            format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;"),
            format!("ALTER TABLE {name} FORCE ROW LEVEL SECURITY;"),
            format!("DROP POLICY IF EXISTS {policy} ON {name};"),
            format!("CREATE POLICY {policy} ON {name}\n  USING ({condition})\n  WITH CHECK ({condition});"),
        ] {
            plan.push(Statement::new(text, Lock::AccessExclusive, Cause::model(&table.key)));
        }
    }

    /// The doc comments.
    pub fn comment(&self, table: &Table, plan: &mut Plan) {
        if table.doc.is_some() {
            plan.push(self.comment_table(table));
        }
        for column in &table.columns {
            if let Some(doc) = &column.def.doc {
                plan.push(self.comment_column(table, column, Some(doc)));
            }
        }
    }

    pub fn comment_table(&self, table: &Table) -> Statement {
        let doc = table.doc.as_deref().map_or_else(|| "NULL".into(), literal);
        let text = format!("COMMENT ON TABLE {} IS {doc};", self.name(&table.name));
        Statement::new(text, Lock::ShareUpdateExclusive, Cause::model(&table.key))
    }

    pub fn comment_column(&self, table: &Table, column: &Column, doc: Option<&str>) -> Statement {
        let text = format!(
            "COMMENT ON COLUMN {}.{} IS {};",
            self.name(&table.name),
            ident(&column.name),
            doc.map_or_else(|| "NULL".into(), literal)
        );
        Statement::new(text, Lock::ShareUpdateExclusive, cause(table, column))
    }
}

/// Whether a column nobody declares may be missing from a table an application made.
fn is_late_base(table: &Table, column: &Column) -> bool {
    !["id", "created_by", "created_at", "updated_at"].contains(&column.name.as_str())
        && table.isolation != Isolation::Column(column.name.clone())
}

pub(crate) fn cause(table: &Table, column: &Column) -> Cause {
    Cause { model: Some(table.key.clone()), field: column.field.clone() }
}

fn index_cause(table: &Table, index: &Index) -> Cause {
    Cause { model: Some(table.key.clone()), field: index.field.clone() }
}
