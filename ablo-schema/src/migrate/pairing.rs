//! Which table and column of the next schema was which of the previous one.

use super::{Cast, Hints};
use crate::{
    ir::{BaseField, SchemaDef, names::snake_case},
    sql::{Column, Index, Isolation, Options, Table},
};

/// The tables of two schemas, matched.
pub(super) struct Pairing {
    /// Tables that are new.
    pub created: Vec<Table>,
    /// Tables of both.
    pub kept: Vec<Pair>,
    /// Tables that are gone.
    pub dropped: Vec<Table>,
}

/// A table of both schemas.
pub(super) struct Pair {
    /// As it was.
    pub old: Table,
    /// As it is.
    pub new: Table,
    /// Its columns.
    pub columns: Vec<Match>,
    /// Columns that are gone.
    pub dropped: Vec<Column>,
}

/// A column of the next schema, and what it was.
pub(super) struct Match {
    /// As it was; `None` when it is new.
    pub old: Option<Column>,
    /// As it is.
    pub new: Column,
    /// Whether it is made anew because no value of the old type has a counterpart.
    pub is_recreated: bool,
}

impl Match {
    /// The column as it was, when its values stay.
    pub fn kept(&self) -> Option<&Column> {
        self.old.as_ref().filter(|_| !self.is_recreated)
    }
}

impl Pairing {
    pub fn of(previous: &SchemaDef, next: &SchemaDef, hints: &Hints, options: &Options) -> Self {
        let mut old = Table::all(previous, options);
        let mut pairing = Self { created: Vec::new(), kept: Vec::new(), dropped: Vec::new() };
        for new in Table::all(next, options) {
            match old.iter().position(|table| table.key == hints.old_key(&new.key)) {
                Some(position) => pairing.kept.push(Pair::of(old.remove(position), new, hints)),
                None => pairing.created.push(new),
            }
        }
        pairing.dropped = old;
        pairing
    }

    /// The name that a table of the previous schema has in the next one, when it stays.
    pub fn new_name(&self, old: &str) -> Option<&str> {
        self.kept.iter().find(|pair| pair.old.name == old).map(|pair| pair.new.name.as_str())
    }
}

impl Pair {
    fn of(old: Table, new: Table, hints: &Hints) -> Self {
        let mut rest: Vec<Option<Column>> = old.columns.iter().cloned().map(Some).collect();
        let columns = new
            .columns
            .iter()
            .map(|column| {
                let found = position(&old, &new, column, &rest, hints).and_then(|position| rest[position].take());
                let is_recreated =
                    found.as_ref().is_some_and(|old| Cast::between(old.def.ty, column.def.ty) == Cast::NotCastable);
                Match { old: found, new: column.clone(), is_recreated }
            })
            .collect();
        Self { columns, dropped: rest.into_iter().flatten().collect(), old, new }
    }

    /// What became of an index: the index of the next schema that is the same but for names.
    pub fn new_index(&self, index: &Index) -> Option<&Index> {
        let columns: Option<Vec<&String>> = index.columns.iter().map(|column| self.new_column(column)).collect();
        let columns = columns?;
        self.new
            .indexes
            .iter()
            .find(|other| other.is_unique == index.is_unique && other.columns.iter().eq(columns.iter().copied()))
    }

    /// The name that a column of the previous schema has, when its values stay.
    pub fn new_column(&self, old: &str) -> Option<&String> {
        self.columns
            .iter()
            .find(|found| found.kept().is_some_and(|column| column.name == old))
            .map(|found| &found.new.name)
    }

    /// Whether a column's values stay but are stored otherwise.
    pub fn retyped(&self, dialect: crate::sql::Dialect) -> impl Iterator<Item = (&Column, &Column)> {
        self.columns.iter().filter_map(move |found| {
            let old = found.kept()?;
            (old.ty(dialect) != found.new.ty(dialect)).then_some((old, &found.new))
        })
    }
}

/// Where in the previous table a column is.
fn position(old: &Table, new: &Table, column: &Column, rest: &[Option<Column>], hints: &Hints) -> Option<usize> {
    let find = |wanted: &dyn Fn(&Column) -> bool| rest.iter().position(|other| other.as_ref().is_some_and(wanted));
    if let Some(field) = &column.field {
        let old_field = hints.old_field(&new.key, field);
        if let Some(found) = find(&|other| other.field.as_deref() == Some(old_field)) {
            return Some(found);
        }
    }
    if let (Isolation::Column(before), Isolation::Column(after)) = (&old.isolation, &new.isolation)
        && *after == column.name
    {
        return find(&|other| other.name == *before);
    }
    // A base column stays when its declaration comes or goes.
    let is_base = column.name == "id" || BaseField::ALL.iter().any(|base| snake_case(base.name()) == column.name);
    let by_name = |other: &Column| {
        other.name == column.name
            && (is_base || other.field.is_none())
            && (column.field.is_none() || other.field.is_none())
    };
    find(&by_name)
}
