//! The way to the next schema in PostgreSQL.
//!
//! What depends on columns goes first, then renames, then what is new, then what depends on columns again, then what
//! is gone; so no statement meets a name of the wrong time. What is gone goes early where its name is needed.

use std::collections::HashSet;

use super::{
    Hints,
    classify::has_value,
    pairing::{Match, Pair, Pairing},
    renames,
    retype::{Retype, cast},
};
use crate::sql::{
    Cause, Column, Dialect, Index, Isolation, Lock, Options, Plan, Postgres, Risk, Statement, Table, ident, names,
};

/// The statements from the previous tables to the next.
pub(super) fn lower(pairing: &Pairing, hints: &Hints, options: &Options) -> Plan {
    let mut way = Way {
        pairing,
        hints,
        sql: Postgres { target: &options.target, online: options.online },
        plan: Plan::default(),
    };
    if options.target != "public" && pairing.kept.is_empty() && pairing.dropped.is_empty() {
        way.plan.push(way.sql.create_schema());
    }
    way.take_down();
    way.drop_tables(true);
    way.rename_relations();
    for table in &pairing.created {
        way.create(table);
    }
    for pair in &pairing.kept {
        way.change_columns(pair);
        way.change_dependents(pair);
    }
    way.add_foreign_keys();
    way.isolate();
    for pair in &pairing.kept {
        way.drop_columns(pair, false);
    }
    way.drop_tables(false);
    way.plan.settle()
}

struct Way<'a> {
    pairing: &'a Pairing,
    hints: &'a Hints,
    sql: Postgres<'a>,
    plan: Plan,
}

impl Way<'_> {
    fn push(&mut self, text: String, lock: Lock, cause: Cause) {
        self.plan.push(Statement::new(text, lock, cause));
    }

    fn alter(&mut self, table: &Table, what: &str, lock: Lock, cause: Cause) {
        self.push(format!("ALTER TABLE {} {what};", self.sql.name(&table.name)), lock, cause);
    }

    /// Drops the policies, foreign keys, checks and indexes that do not stay as they are.
    fn take_down(&mut self) {
        for pair in &self.pairing.kept {
            if self.is_touched(pair) && is_isolated(&pair.old) {
                let policy = ident(&names::policy(&pair.old.name));
                let on = self.sql.name(&pair.old.name);
                let cause = Cause::model(&pair.new.key);
                self.push(format!("DROP POLICY IF EXISTS {policy} ON {on};"), Lock::AccessExclusive, cause.clone());
                // Policies bind the owner too; values must be filled in for every organization's rows.
                self.alter(&pair.old, "NO FORCE ROW LEVEL SECURITY", Lock::AccessExclusive, cause.clone());
                if !is_isolated(&pair.new) {
                    self.alter(&pair.old, "DISABLE ROW LEVEL SECURITY", Lock::AccessExclusive, cause);
                }
            }
        }
        for table in &self.pairing.dropped {
            // What others depend on is gone before they are.
            if is_isolated(table) {
                let policy = ident(&names::policy(&table.name));
                let text = format!("DROP POLICY IF EXISTS {policy} ON {};", self.sql.name(&table.name));
                self.push(text, Lock::AccessExclusive, Cause::model(&table.key));
            }
            for key in &table.foreign_keys {
                self.drop_constraint(table, &key.name, Cause::field(&table.key, &key.relation));
            }
        }
        for pair in &self.pairing.kept {
            for key in &pair.old.foreign_keys {
                if self.new_foreign_key(pair, &key.name).is_none() {
                    self.drop_constraint(&pair.old, &key.name, Cause::field(&pair.new.key, &key.relation));
                }
            }
            for found in &pair.columns {
                if let Some(old) = found.kept()
                    && old.values().is_some()
                    && !same_values(old, &found.new)
                {
                    let name = names::enumeration(&pair.old.name, &old.name);
                    self.drop_constraint(&pair.old, &name, cause(&pair.new, &found.new));
                }
            }
            for index in &pair.old.indexes {
                if pair.new_index(index).is_none() {
                    let text = format!("DROP INDEX IF EXISTS {};", self.sql.name(&index.name));
                    let cause = Cause { model: Some(pair.new.key.clone()), field: index.field.clone() };
                    self.push(text, Lock::AccessExclusive, cause);
                }
            }
        }
    }

    fn drop_constraint(&mut self, table: &Table, name: &str, cause: Cause) {
        self.alter(table, &format!("DROP CONSTRAINT IF EXISTS {}", ident(name)), Lock::AccessExclusive, cause);
    }

    /// Whether the rows or the policy of a table are touched.
    fn is_touched(&self, pair: &Pair) -> bool {
        let is_changed = |pair: &Pair| {
            pair.old.name != pair.new.name
                || !pair.dropped.is_empty()
                || pair.columns.iter().any(|found| {
                    found.old.as_ref().is_none_or(|old| {
                        old.name != found.new.name
                            || old.def.ty != found.new.def.ty
                            || old.not_null != found.new.not_null
                    })
                })
        };
        let through = |isolation: &Isolation| match isolation {
            Isolation::Through { table, .. } => Some(table.clone()),
            _ => None,
        };
        let parents = [through(&pair.old.isolation), through(&pair.new.isolation)];
        pair.old.isolation != pair.new.isolation
            || is_changed(pair)
            || parents.into_iter().flatten().any(|parent| {
                self.pairing
                    .kept
                    .iter()
                    .find(|other| other.old.name == parent || other.new.name == parent)
                    .is_none_or(is_changed)
            })
    }

    /// The foreign key of the next schema that a foreign key is, when it stays but for its name.
    fn new_foreign_key<'p>(&self, pair: &'p Pair, name: &str) -> Option<&'p str> {
        let key = pair.old.foreign_keys.iter().find(|key| key.name == name)?;
        let column = pair.new_column(&key.column)?;
        if pair.retyped(Dialect::Postgres).any(|(_, new)| new.name == *column) {
            return None;
        }
        let target = self.pairing.new_name(&key.target)?;
        let found = pair.new.foreign_keys.iter().find(|other| other.column == *column && other.target == target)?;
        Some(&found.name)
    }

    /// Tables that are gone: early those whose names are needed, late the others.
    fn drop_tables(&mut self, early: bool) {
        let next = self.pairing.created.iter().chain(self.pairing.kept.iter().map(|pair| &pair.new));
        let needed: HashSet<String> = next.flat_map(relation_names).collect();
        for table in &self.pairing.dropped {
            if relation_names(table).any(|name| needed.contains(&name)) == early {
                let text = format!("DROP TABLE IF EXISTS {};", self.sql.name(&table.name));
                let statement = Statement::new(text, Lock::AccessExclusive, Cause::model(&table.key));
                self.plan.push(statement.risk(Risk::Loss));
            }
        }
    }

    /// Gives tables and indexes their new names; they share one space.
    fn rename_relations(&mut self) {
        let mut tables = Vec::new();
        let mut indexes = Vec::new();
        for pair in &self.pairing.kept {
            tables.push((pair.old.name.clone(), pair.new.name.clone()));
            indexes.push((names::primary_key(&pair.old.name), names::primary_key(&pair.new.name)));
            let kept = pair.old.indexes.iter().filter_map(|index| Some((index, pair.new_index(index)?)));
            indexes.extend(kept.map(|(old, new)| (old.name.clone(), new.name.clone())));
        }
        // Tables that are gone and whose names are needed went before.
        let taken = tables.iter().chain(&indexes).map(|(from, _)| from.clone()).collect();
        let mut is_table: HashSet<String> = tables.iter().map(|(from, _)| from.clone()).collect();
        let key_of = |name: &str| {
            self.pairing
                .kept
                .iter()
                .find(|pair| pair.old.name == name || pair.new.name == name)
                .map(|pair| &pair.new.key)
        };
        let all = tables.into_iter().chain(indexes).collect();
        for (from, to) in renames::in_order(taken, all) {
            let cause = key_of(&from).or_else(|| key_of(&to)).map(|key| Cause::model(key)).unwrap_or_default();
            let what = if is_table.remove(&from) {
                is_table.insert(to.clone());
                "TABLE"
            } else {
                "INDEX"
            };
            let text = format!("ALTER {what} {} RENAME TO {};", self.sql.name(&from), ident(&to));
            self.push(text, Lock::AccessExclusive, cause);
        }
    }

    fn create(&mut self, table: &Table) {
        self.plan.push(self.sql.create_table(table));
        // A new table is nobody's yet.
        let sql = Postgres { online: false, ..self.sql };
        for index in &table.indexes {
            let statement = sql.create_index(table, index);
            self.plan.push(Statement { risk: None, ..statement });
        }
        self.sql.comment(table, &mut self.plan);
    }

    fn change_columns(&mut self, pair: &Pair) {
        self.drop_columns(pair, true);
        let taken = pair.old.columns.iter().map(|column| column.name.clone());
        let gone: HashSet<&String> = early(pair).map(|column| &column.name).collect();
        let taken: HashSet<String> = taken.filter(|name| !gone.contains(name)).collect();
        let kept = pair.columns.iter().filter_map(|found| Some((found.kept()?.name.clone(), found.new.name.clone())));
        for (from, to) in renames::in_order(taken, kept.collect()) {
            let column = pair.columns.iter().find(|found| found.new.name == to).map(|found| &found.new);
            let cause = column.map_or_else(|| Cause::model(&pair.new.key), |column| cause(&pair.new, column));
            let what = format!("RENAME COLUMN {} TO {}", ident(&from), ident(&to));
            self.alter(&pair.new, &what, Lock::AccessExclusive, cause);
        }
        for found in &pair.columns {
            match found.kept() {
                None => self.add_column(pair, found),
                Some(old) => self.change_column(pair, old, &found.new),
            }
        }
    }

    fn add_column(&mut self, pair: &Pair, found: &Match) {
        let (table, column) = (&pair.new, &found.new);
        let default = self.sql.default(column);
        let filled = default.is_some() || !column.not_null;
        let backfill = self.backfill(pair, column);
        // A column that is made anew loses its values, which a warning told; rows do not stop it.
        let is_lenient = found.is_recreated && found.old.as_ref().is_some_and(|old| old.not_null);
        let not_null = if column.not_null && (filled || !is_lenient) && backfill.is_none() { " NOT NULL" } else { "" };
        let default = default.map(|default| format!(" DEFAULT {default}")).unwrap_or_default();
        let what = format!("ADD COLUMN {} {}{not_null}{default}", ident(&column.name), column.ty(Dialect::Postgres));
        self.alter(table, &what, Lock::AccessExclusive, cause(table, column));
        if !column.not_null || !not_null.is_empty() {
            return;
        }
        if let Some(value) = backfill {
            self.require(table, column, Some(&value));
        } else {
            let name = self.sql.name(&table.name);
            let column_name = ident(&column.name);
            let text = format!(
                "DO $ablo$ BEGIN\n  IF NOT EXISTS (SELECT 1 FROM {name} WHERE {column_name} IS NULL) THEN\n    ALTER \
                 TABLE {name} ALTER COLUMN {column_name} SET NOT NULL;\n  END IF;\nEND $ablo$;"
            );
            self.push(text, Lock::AccessExclusive, cause(table, column));
        }
    }

    /// The value for rows that have none, as SQL.
    fn backfill(&self, pair: &Pair, column: &Column) -> Option<String> {
        let field = column.field.as_ref()?;
        if !has_value(&pair.new.key, field, &column.def, self.hints) {
            return None;
        }
        let value = self.hints.backfill(&pair.new.key, field).or(column.def.default.as_ref())?;
        column.literal(value, Dialect::Postgres)
    }

    /// Gives rows without a value this one, and refuses such rows from now on.
    fn require(&mut self, table: &Table, column: &Column, value: Option<&String>) {
        let (on, name, cause) = (self.sql.name(&table.name), ident(&column.name), cause(table, column));
        let fill = |value: &String| format!("UPDATE {on} SET {name} = {value} WHERE {name} IS NULL");
        let set = format!("ALTER TABLE {on} ALTER COLUMN {name} SET NOT NULL;");
        if !self.sql.online {
            if let Some(value) = value {
                let text = format!("{};", fill(value));
                self.plan.push(Statement::new(text, Lock::RowExclusive, cause.clone()).risk(Risk::Update));
            }
            self.plan.push(Statement::new(set, Lock::AccessExclusive, cause).risk(Risk::Scan));
            return;
        }
        // A valid constraint spares the scan. It comes when older rows are filled, for it is in force for every row
        // that is written; rows that came meanwhile are filled after it.
        let constraint = ident(&names::required(&table.name, &column.name));
        let fill = value.map(|value| {
            let batch = format!("{} AND ctid IN (SELECT ctid FROM {on} WHERE {name} IS NULL LIMIT 10000)", fill(value));
            format!(
                "DO $ablo$ BEGIN\n  LOOP\n    {batch};\n    EXIT WHEN NOT FOUND;\n    COMMIT;\n  END LOOP;\nEND $ablo$;"
            )
        });
        let alter = |what: String| Some((format!("ALTER TABLE {on} {what};"), Lock::AccessExclusive));
        let fill = fill.map(|text| (text, Lock::RowExclusive));
        let validate = format!("ALTER TABLE {on} VALIDATE CONSTRAINT {constraint};");
        let statements = [
            fill.clone(),
            // Whoever was interrupted here can come again.
            alter(format!(
                "DROP CONSTRAINT IF EXISTS {constraint}, ADD CONSTRAINT {constraint} CHECK ({name} IS NOT NULL) NOT VALID"
            )),
            fill,
            Some((validate, Lock::ShareUpdateExclusive)),
            Some((set, Lock::AccessExclusive)),
            alter(format!("DROP CONSTRAINT IF EXISTS {constraint}")),
        ];
        for (text, lock) in statements.into_iter().flatten() {
            self.plan.push(Statement::new(text, lock, cause.clone()).then());
        }
    }

    fn change_column(&mut self, pair: &Pair, old: &Column, new: &Column) {
        let table = &pair.new;
        let name = ident(&new.name);
        let is_retyped = self.is_retyped(old, new);
        if is_retyped && self.is_copied(pair, new) {
            return self.copy_column(pair, old, new);
        }
        let (before, after) = (self.sql.default(old), self.sql.default(new));
        if before.is_some() && (is_retyped || after.is_none()) {
            let what = format!("ALTER COLUMN {name} DROP DEFAULT");
            self.alter(table, &what, Lock::AccessExclusive, cause(table, new));
        }
        if is_retyped {
            let (ty, using) = (new.ty(Dialect::Postgres), cast(&name, old, new));
            let text =
                format!("ALTER TABLE {} ALTER COLUMN {name} TYPE {ty} USING {using};", self.sql.name(&table.name));
            self.plan.push(Statement::new(text, Lock::AccessExclusive, cause(table, new)).risk(Risk::Rewrite));
            if self.sql.online {
                let message = "rewrites the table while everything waits, for keys or policies depend on the column; add a \
                               field of the new type, write both, move older values over in batches, and drop this one in a \
                               later release";
                self.plan.note(cause(table, new), message);
            }
        }
        if let Some(default) = after.filter(|after| is_retyped || before.as_ref() != Some(after)) {
            let what = format!("ALTER COLUMN {name} SET DEFAULT {default}");
            self.alter(table, &what, Lock::AccessExclusive, cause(table, new));
        }
        if new.not_null && !old.not_null {
            let value = self.backfill(pair, new);
            self.require(table, new, value.as_ref());
        } else if old.not_null && !new.not_null {
            let what = format!("ALTER COLUMN {name} DROP NOT NULL");
            self.alter(table, &what, Lock::AccessExclusive, cause(table, new));
        }
    }

    fn is_retyped(&self, old: &Column, new: &Column) -> bool {
        old.ty(Dialect::Postgres) != new.ty(Dialect::Postgres)
    }

    /// Whether a column gets its new type beside the old one: the table is in use, and no key or policy depends on it.
    fn is_copied(&self, pair: &Pair, new: &Column) -> bool {
        let next = || self.pairing.created.iter().chain(self.pairing.kept.iter().map(|pair| &pair.new));
        let (table, name) = (&pair.new, &new.name);
        let is_key = table.primary_key.contains(name) || table.foreign_keys.iter().any(|key| key.column == *name);
        let is_read = next().any(|other| match &other.isolation {
            Isolation::Column(column) => other.name == table.name && column == name,
            Isolation::Through { local, table: parent, key, organization } => {
                (other.name == table.name && local == name)
                    || (*parent == table.name && (key == name || organization.as_ref() == Some(name)))
            }
            Isolation::None | Isolation::Unknown(_) => false,
        });
        self.sql.online && !is_key && !is_read
    }

    /// Copies a column to one of another type while reads and writes go on.
    fn copy_column(&mut self, pair: &Pair, old: &Column, new: &Column) {
        let stays = pair.old.indexes.iter().filter_map(|index| pair.new_index(index));
        let retype = Retype {
            sql: self.sql,
            table: &pair.new,
            old,
            new,
            value: self.backfill(pair, new).filter(|_| new.not_null && !old.not_null),
            indexes: stays.filter(|index| index.columns.contains(&new.name)).collect(),
        };
        self.plan.statements.extend(retype.begin());
        self.plan.statements.extend(retype.fill());
        self.plan.statements.extend(retype.check());
        if new.not_null {
            self.require(&pair.new, &retype.aside(), None);
        }
        self.plan.push(retype.finish());
        let message = "is copied to a column of the new type, which takes over at the end; until then a value that does not \
                       fit the new type is refused, and from then on programs must take the new type";
        self.plan.note(cause(&pair.new, new), message);
    }

    /// Checks, indexes and comments.
    fn change_dependents(&mut self, pair: &Pair) {
        self.rename_constraints(pair);
        let table = &pair.new;
        for found in &pair.columns {
            let column = &found.new;
            let is_copied =
                found.kept().is_some_and(|old| self.is_retyped(old, column) && self.is_copied(pair, column));
            let stays = is_copied || found.kept().is_some_and(|old| same_values(old, column));
            if let Some(check) = self.sql.check(table, column).filter(|_| !stays) {
                let name = names::enumeration(&table.name, &column.name);
                self.alter(table, &format!("ADD {check} NOT VALID"), Lock::AccessExclusive, cause(table, column));
                self.plan.push(self.sql.validate(table, &name, column.field.as_deref()));
            }
            let before = found.kept().and_then(|old| old.def.doc.as_ref());
            if before != column.def.doc.as_ref() {
                self.plan.push(self.sql.comment_column(table, column, column.def.doc.as_deref()));
            }
        }
        let stays: Vec<&Index> = pair.old.indexes.iter().filter_map(|index| pair.new_index(index)).collect();
        for index in table.indexes.iter().filter(|index| !stays.contains(index)) {
            self.plan.push(self.sql.create_index(table, index));
        }
        if pair.old.doc != table.doc {
            self.plan.push(self.sql.comment_table(table));
        }
    }

    /// Gives checks and foreign keys that stay their new names.
    fn rename_constraints(&mut self, pair: &Pair) {
        let checks = pair.columns.iter().filter_map(|found| {
            let old = found.kept().filter(|old| old.values().is_some() && same_values(old, &found.new))?;
            let name = |table: &Table, column: &Column| names::enumeration(&table.name, &column.name);
            Some((name(&pair.old, old), name(&pair.new, &found.new)))
        });
        let keys = pair
            .old
            .foreign_keys
            .iter()
            .filter_map(|key| Some((key.name.clone(), self.new_foreign_key(pair, &key.name)?.to_owned())));
        let renames: Vec<(String, String)> = checks.chain(keys).collect();
        let taken = renames.iter().map(|(from, _)| from.clone()).collect();
        for (from, to) in renames::in_order(taken, renames) {
            let what = format!("RENAME CONSTRAINT {} TO {}", ident(&from), ident(&to));
            self.alter(&pair.new, &what, Lock::AccessExclusive, Cause::model(&pair.new.key));
        }
    }

    fn add_foreign_keys(&mut self) {
        let tables = self.pairing.created.iter().map(|table| (table, None));
        let tables = tables.chain(self.pairing.kept.iter().map(|pair| (&pair.new, Some(pair))));
        for (table, pair) in tables {
            let stays: Vec<&str> = pair
                .into_iter()
                .flat_map(|pair| pair.old.foreign_keys.iter().filter_map(|key| self.new_foreign_key(pair, &key.name)))
                .collect();
            for key in table.foreign_keys.iter().filter(|key| !stays.contains(&key.name.as_str())) {
                self.plan.push(self.sql.add_foreign_key(table, key));
                self.plan.push(self.sql.validate(table, &key.name, Some(&key.relation)));
            }
        }
    }

    fn isolate(&mut self) {
        for table in &self.pairing.created {
            self.sql.isolate(table, &mut self.plan);
        }
        for pair in &self.pairing.kept {
            if self.is_touched(pair) {
                self.sql.isolate(&pair.new, &mut self.plan);
            }
        }
    }

    /// Columns that are gone: early those whose names are needed, late the others.
    fn drop_columns(&mut self, pair: &Pair, is_early: bool) {
        let table = &pair.new;
        let needed: HashSet<&String> = early(pair).map(|column| &column.name).collect();
        for column in gone(pair).filter(|column| needed.contains(&column.name) == is_early) {
            let text =
                format!("ALTER TABLE {} DROP COLUMN IF EXISTS {};", self.sql.name(&table.name), ident(&column.name));
            let cause = Cause { model: Some(table.key.clone()), field: column.field.clone() };
            self.plan.push(Statement::new(text, Lock::AccessExclusive, cause).risk(Risk::Loss));
        }
    }
}

/// Columns whose values do not stay.
fn gone(pair: &Pair) -> impl Iterator<Item = &Column> {
    let recreated = pair.columns.iter().filter(|found| found.is_recreated).filter_map(|found| found.old.as_ref());
    pair.dropped.iter().chain(recreated)
}

/// Columns whose values do not stay and whose names are needed.
fn early(pair: &Pair) -> impl Iterator<Item = &Column> {
    gone(pair).filter(|column| pair.new.columns.iter().any(|other| other.name == column.name))
}

/// The names a table occupies among tables and indexes.
fn relation_names(table: &Table) -> impl Iterator<Item = String> {
    let indexes = table.indexes.iter().map(|index| index.name.clone());
    [table.name.clone(), names::primary_key(&table.name)].into_iter().chain(indexes)
}

fn is_isolated(table: &Table) -> bool {
    matches!(table.isolation, Isolation::Column(_) | Isolation::Through { .. })
}

/// Whether two columns allow the same values.
fn same_values(old: &Column, new: &Column) -> bool {
    match (old.values(), new.values()) {
        (Some(old), Some(new)) => old.len() == new.len() && old.iter().all(|value| new.contains(value)),
        (None, None) => true,
        _ => false,
    }
}

fn cause(table: &Table, column: &Column) -> Cause {
    Cause { model: Some(table.key.clone()), field: column.field.clone() }
}
