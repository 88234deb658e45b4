use std::sync::Arc;

use ablo_schema::wire::{OrganizationId, SyncId};
use serde_json::Value;

use crate::engine::StoredRow;
use crate::store::{KeyMap, RowKey, RowWrite};

/// Heads, and rows as they were last read or written, so that they are not read again. It starts over when it is full.
#[derive(Debug, Default)]
pub(super) struct Recent {
    /// The last delta, and the last one trimmed off.
    heads: KeyMap<OrganizationId, (SyncId, SyncId)>,
    rows: KeyMap<OrganizationId, KeyMap<RowKey, Kept>>,
    bytes: usize,
}

/// A row, and how many bytes it takes, about.
#[derive(Debug)]
struct Kept {
    row: Arc<StoredRow>,
    bytes: usize,
}

/// How many bytes are kept, about.
const FULL: usize = 16 << 20;

/// What an entry takes beside its text and its values, about.
const ENTRY: usize = 256;

impl Recent {
    pub fn get(&self, organization: &OrganizationId, key: &RowKey) -> Option<Arc<StoredRow>> {
        self.rows.get(organization)?.get(key).map(|kept| Arc::clone(&kept.row))
    }

    pub fn head(&self, organization: &OrganizationId) -> Option<(SyncId, SyncId)> {
        self.heads.get(organization).copied()
    }

    /// Keeps a row as it is.
    pub fn keep(&mut self, organization: &OrganizationId, key: &RowKey, row: &Arc<StoredRow>) {
        if !self.rows.contains_key(organization) {
            self.rows.insert(organization.clone(), KeyMap::default());
            self.bytes += ENTRY + organization.as_str().len();
        }
        let bytes = size(row);
        let rows = self.rows.get_mut(organization);
        let old = rows.and_then(|rows| rows.insert(key.clone(), Kept { row: Arc::clone(row), bytes }));
        self.bytes += bytes;
        self.bytes -= old.map_or(0, |old| old.bytes);
        self.limit();
    }

    /// Takes in what a transaction does.
    pub fn apply(&mut self, organization: &OrganizationId, writes: &[RowWrite], head: (SyncId, SyncId)) {
        for RowWrite { key, after, .. } in writes {
            match after {
                Some(row) => self.keep(organization, key, row),
                None => {
                    let gone = self.rows.get_mut(organization).and_then(|rows| rows.remove(key));
                    self.bytes -= gone.map_or(0, |gone| gone.bytes);
                }
            }
        }
        match self.heads.get_mut(organization) {
            Some(known) => *known = head,
            None => {
                self.heads.insert(organization.clone(), head);
                self.bytes += ENTRY + organization.as_str().len();
                self.limit();
            }
        }
    }

    fn limit(&mut self) {
        if self.bytes > FULL {
            *self = Self::default();
        }
    }
}

/// The memory of a row and its key, about.
fn size(row: &StoredRow) -> usize {
    let values: usize = row.values.iter().map(|(_, value)| size_of_value(value)).sum();
    ENTRY + 2 * row.id.len() + values
}

fn size_of_value(value: &Value) -> usize {
    let inside = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(size_of_value).sum(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| size_of::<String>() + name.len() + size_of_value(value)).sum()
        }
    };
    size_of::<Value>() + inside
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ablo_schema::ir::SchemaDef;
    use serde_json::json;

    use super::*;
    use crate::engine::Record;

    fn key(id: usize) -> RowKey {
        let artifact = json!({"v": 3, "models": {"docs": {"typename": "Doc", "mutable": true, "load": "instant",
            "tenancy": {"kind": "column"}, "plane": "tenant", "relations": {}, "fields": {}}}});
        let schema = SchemaDef::from_artifact(&artifact.to_string()).unwrap().validate().unwrap();
        RowKey::new(schema.resolve("docs").unwrap().index(), &id.to_string())
    }

    fn keep(recent: &mut Recent, id: usize, value: Value) {
        let mut values = Record::absent(1);
        values.set(0, value);
        let key = key(id);
        let row = StoredRow { id: (*key.id).to_owned(), values, sync_id: SyncId(1), created: SyncId(1) };
        recent.keep(&"org".into(), &key, &Arc::new(row));
    }

    fn kept(recent: &Recent, ids: usize) -> usize {
        (0..ids).filter(|id| recent.get(&"org".into(), &key(*id)).is_some()).count()
    }

    #[test]
    fn large_rows_are_bounded_by_their_bytes_wherever_those_are() {
        let text = "x".repeat(1 << 20);
        let nested = json!({"list": [{"text": text}]});
        for value in [json!(text), nested, json!({text.as_str(): 1})] {
            let mut recent = Recent::default();
            let most = (0..40).map(|id| {
                keep(&mut recent, id, value.clone());
                kept(&recent, 40)
            });
            assert_eq!(most.max(), Some(15));
        }
    }

    #[test]
    fn a_row_that_is_replaced_or_goes_gives_its_bytes_back() {
        let text = json!("x".repeat(1 << 20));
        let mut recent = Recent::default();
        keep(&mut recent, 0, json!(1));
        for _ in 0..40 {
            keep(&mut recent, 1, text.clone());
        }
        for _ in 0..40 {
            keep(&mut recent, 2, text.clone());
            let gone = RowWrite { key: key(2), before: None, after: None };
            recent.apply(&"org".into(), &[gone], (SyncId(1), SyncId(0)));
        }
        assert_eq!(kept(&recent, 3), 2);
    }

    #[test]
    fn organizations_without_rows_are_bounded_too() {
        let mut recent = Recent::default();
        for organization in 0..2 * FULL / ENTRY {
            recent.apply(&organization.to_string().as_str().into(), &[], (SyncId(1), SyncId(0)));
        }
        assert!(recent.heads.len() < FULL / ENTRY);
    }
}
