//! The statements of each model, made once.

use std::collections::HashMap;

use ablo_schema::ir::{BaseField, ModelIndex, ModelRef, ValidSchema};
use ablo_schema::sql::RUNTIME_COLUMNS;

use crate::engine::StoredRow;
use crate::store::indexed_slots;

/// What the store knows about a schema.
#[derive(Debug)]
pub(super) struct Tables {
    pub schema: ValidSchema,
    pub models: Vec<TableSql>,
    by_typename: HashMap<String, ModelIndex>,
}

/// The statements of one model. Rows are selected as the id, the slots, and the two sync ids.
#[derive(Debug)]
pub(super) struct TableSql {
    /// The quoted column of each slot.
    pub columns: Vec<String>,
    /// The slots that are written: all but the organization's, which is part of the key.
    pub written: Vec<usize>,
    pub select: String,
    pub by_id: String,
    pub insert: String,
    pub update: String,
    /// The slots that rows are looked up by.
    pub indexed: Vec<usize>,
    /// The slots of an update that leaves those as they are, so that no index is touched, and that update.
    pub plain: Vec<usize>,
    pub update_plain: String,
    pub delete: String,
    pub count: String,
    /// By slot: rows that hold a value.
    pub by_value: Vec<String>,
    /// Whether two rows may not share a value, so that writes are done as deletions first and insertions then.
    pub has_unique: bool,
}

impl Tables {
    pub fn new(schema: &ValidSchema) -> Self {
        let by_typename = schema.models().map(|model| (model.def().typename.clone(), model.index())).collect();
        Self {
            schema: schema.clone(),
            models: schema.models().map(|model| TableSql::new(schema, model)).collect(),
            by_typename,
        }
    }

    pub fn model(&self, index: ModelIndex) -> (ModelRef<'_>, &TableSql) {
        (self.schema.at(index), &self.models[index.get()])
    }

    pub fn index_of(&self, typename: &str) -> Option<ModelIndex> {
        self.by_typename.get(typename).copied()
    }
}

impl TableSql {
    fn new(schema: &ValidSchema, model: ModelRef<'_>) -> Self {
        let shape = model.shape();
        let name = quote(model.table());
        let columns: Vec<String> = shape.slots().iter().map(|slot| quote(&slot.column)).collect();
        let owner = shape.slot_of_base(BaseField::OrganizationId);
        let organization = owner.map_or_else(|| quote("organization_id"), |slot| columns[slot].clone());
        let written: Vec<usize> = (0..columns.len()).filter(|slot| Some(*slot) != owner).collect();
        let [sync, created] = RUNTIME_COLUMNS.map(quote);
        let select =
            format!("SELECT \"id\", {}, {sync}, {created} FROM {name} WHERE {organization} = ?1", columns.join(", "));
        // The organization and the id come first among the parameters.
        let set: Vec<&str> = written.iter().map(|slot| columns[*slot].as_str()).chain([&*sync, &*created]).collect();
        let places = |from: usize| (from..).take(set.len()).map(|at| format!("?{at}"));
        let insert = format!(
            "INSERT INTO {name} ({organization}, \"id\", {}) VALUES (?1, ?2, {})",
            set.join(", "),
            places(3).collect::<Vec<_>>().join(", ")
        );
        let key = format!("{organization} = ?1 AND \"id\" = ?2");
        let update = |slots: &[usize]| {
            let set = slots.iter().map(|slot| columns[*slot].as_str()).chain([&*sync, &*created]);
            let set: Vec<String> = set.zip(3..).map(|(column, at)| format!("{column} = ?{at}")).collect();
            format!("UPDATE {name} SET {} WHERE {key}", set.join(", "))
        };
        let indexed = indexed_slots(schema, model.index());
        let plain: Vec<usize> = written.iter().copied().filter(|slot| !indexed.contains(slot)).collect();
        Self {
            by_id: format!("{select} AND \"id\" = ?2"),
            by_value: columns.iter().map(|column| format!("{select} AND {column} = ?2 ORDER BY \"id\"")).collect(),
            update: update(&written),
            update_plain: update(&plain),
            delete: format!("DELETE FROM {name} WHERE {key}"),
            count: format!("SELECT COUNT(*) FROM {name} WHERE {organization} = ?1"),
            has_unique: shape.slots().iter().any(|slot| slot.def.is_unique),
            indexed,
            plain,
            select,
            insert,
            columns,
            written,
        }
    }
}

impl TableSql {
    /// Whether a row stays where every index has it.
    pub fn is_plain(&self, before: &StoredRow, after: &StoredRow) -> bool {
        self.indexed.iter().all(|slot| before.values.get(*slot) == after.values.get(*slot))
    }
}

/// An identifier in double quotes.
pub(super) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
