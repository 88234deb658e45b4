use std::sync::Arc;

use ablo_schema::ir::{BaseField, FieldType, ModelIndex, NumberFormat};
use ablo_schema::time::Timestamp;
use ablo_schema::typed::Compare;
use ablo_schema::wire::{FencingToken, OrganizationId, SyncId};
use rusqlite::types::{FromSqlError, Type};
use rusqlite::{OptionalExtension, Row, ToSql, params};
use serde_json::Value;

use super::cell::{self, Cell};
use super::database::{Database, signed, unsigned};
use super::guesses::Guesses;
use super::write::hex;
use crate::claims::RowClaims;
use crate::engine::{Fingerprint, Record, StoredReceipt, StoredRow};
use crate::store::{Field, Loaded, LogRange, Match, ReadSet, ReceiptKey, RowKey, Scan};

impl Database {
    /// Reads what is wanted. With `guesses`, what is most likely new is not looked for.
    pub fn load(
        &mut self,
        organization: &OrganizationId,
        wanted: &ReadSet,
        loaded: &mut Loaded,
        mut guesses: Option<&mut Guesses>,
    ) -> rusqlite::Result<()> {
        let owner = organization.as_str();
        loaded.rows.reserve(wanted.rows.len() + wanted.new_rows.len());
        loaded.claims.reserve(wanted.claims.len());
        loaded.receipts.reserve(wanted.receipts.len());
        for key in &wanted.new_rows {
            match &mut guesses {
                Some(guesses) if !loaded.rows.contains_key(key) => {
                    let row = self.recent.as_ref().and_then(|recent| recent.get(organization, key));
                    if row.is_none() {
                        guesses.rows.push(key.clone());
                    }
                    loaded.rows.insert(key.clone(), row);
                }
                Some(_) => {}
                None => self.load_row(organization, key, loaded)?,
            }
        }
        for key in &wanted.rows {
            self.load_row(organization, key, loaded)?;
        }
        for key in &wanted.claims {
            if !loaded.claims.contains_key(key) {
                let claims = self.claims(organization, key)?;
                loaded.claims.insert(key.clone(), claims);
            }
        }
        for key in &wanted.receipts {
            let receipt = match &mut guesses {
                Some(_) if loaded.receipts.contains_key(key) => continue,
                Some(guesses) => {
                    guesses.receipts.push(key.clone());
                    None
                }
                None => self.receipt(owner, key)?,
            };
            loaded.receipts.insert(key.clone(), receipt);
        }
        for id in &wanted.entries {
            let range = LogRange { after: SyncId(id.0.saturating_sub(1)), limit: 1, bytes: u64::MAX };
            let entry = self.entries(organization, &range)?.pop();
            loaded.entries.insert(*id, entry.filter(|entry| entry.id() == *id));
        }
        for wish in &wanted.matches {
            let rows = self.matching(owner, wish)?;
            loaded.matches.insert(wish.clone(), rows);
        }
        if !wanted.scans.is_empty() {
            loaded.scans.clear();
        }
        for scan in &wanted.scans {
            loaded.scans.push(self.scan(owner, scan)?);
        }
        if let Some(range) = &wanted.log {
            loaded.log = self.entries(organization, range)?;
        }
        if let Some(old) = &wanted.old_receipts {
            loaded.old_receipts = self.old_receipts(owner, old)?;
        }
        if let Some(count) = wanted.due {
            loaded.due = self.due(owner, count)?;
        }
        for count in &wanted.counts {
            loaded.counts.insert(*count, self.count(owner, *count)?);
        }
        Ok(())
    }

    fn load_row(&mut self, organization: &OrganizationId, key: &RowKey, loaded: &mut Loaded) -> rusqlite::Result<()> {
        if loaded.rows.contains_key(key) {
            return Ok(());
        }
        let mut row = self.recent.as_ref().and_then(|recent| recent.get(organization, key));
        if row.is_none() {
            row = self.row(organization.as_str(), key)?;
            if let (Some(recent), Some(row)) = (&mut self.recent, &row) {
                recent.keep(organization, key, row);
            }
        }
        loaded.rows.insert(key.clone(), row);
        Ok(())
    }

    fn row(&self, owner: &str, key: &RowKey) -> rusqlite::Result<Option<Arc<StoredRow>>> {
        let (_, sql) = self.tables.model(key.model);
        let mut statement = self.connection.prepare_cached(&sql.by_id)?;
        statement.query_row(params![owner, &*key.id], |row| self.stored(key.model, row, None)).optional()
    }

    /// A row. Texts that it has in common with the one before it are shared with that.
    fn stored(&self, model: ModelIndex, row: &Row<'_>, before: Option<&StoredRow>) -> rusqlite::Result<Arc<StoredRow>> {
        let slots = self.tables.model(model).0.shape().slots();
        let mut values = Record::absent(slots.len());
        for (at, slot) in slots.iter().enumerate() {
            let column = row.get_ref(at + 1)?;
            // Both are of one organization.
            let is_same = |text| slot.base == Some(BaseField::OrganizationId) || cell::is_text(slot, column, text);
            if let Some(before) = before.filter(|before| before.values.text(at).is_some_and(is_same)) {
                values.copy(at, &before.values);
                continue;
            }
            let mut value = cell::value(slot, column).map_err(|error| unreadable(at + 1, error))?;
            if slot.base == Some(BaseField::OrganizationId) {
                value = value.as_str().map(|space| OrganizationId::from(space).name().into()).unwrap_or_default();
            }
            // A base field without a value is absent; a declared one is null.
            if slot.is_declared || !value.is_null() {
                values.set(at, value);
            }
        }
        Ok(Arc::new(StoredRow {
            id: row.get(0)?,
            values,
            sync_id: SyncId(unsigned(row.get(slots.len() + 1)?)),
            created: SyncId(unsigned(row.get(slots.len() + 2)?)),
        }))
    }

    fn claims(&self, organization: &OrganizationId, key: &RowKey) -> rusqlite::Result<RowClaims> {
        let claimed = self.claimed.as_ref();
        if claimed.is_some_and(|rows| rows.is_empty() || !rows.contains(&(organization.clone(), key.clone()))) {
            return Ok(RowClaims::beyond(FencingToken(self.floor)));
        }
        let owner = organization.as_str();
        let sql = "SELECT state FROM ablo_claims WHERE organization_id = ?1 AND model_name = ?2 AND model_id = ?3";
        let name = &self.tables.model(key.model).0.def().typename;
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_row(params![owner, name, &*key.id], |row| {
            serde_json::from_str(row.get_ref(0)?.as_str()?).map_err(|error| unreadable(0, FromSqlError::other(error)))
        });
        Ok(found.optional()?.unwrap_or_else(|| RowClaims::beyond(FencingToken(self.floor))))
    }

    fn receipt(&self, owner: &str, key: &ReceiptKey) -> rusqlite::Result<Option<Arc<StoredReceipt>>> {
        let sql = "SELECT request_hash, receipt, created_at FROM ablo_idempotency \
                   WHERE organization_id = ?1 AND scope = ?2 AND \"key\" = ?3";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_row(params![owner, &*key.scope, &*key.key], |row| {
            let answer = StoredReceipt::from_text(row.get_ref(1)?.as_str()?);
            Ok(Arc::new(StoredReceipt {
                fingerprint: unhex(row.get_ref(0)?.as_str()?)
                    .ok_or_else(|| unreadable(0, FromSqlError::InvalidType))?,
                answer: answer.map_err(|error| unreadable(1, FromSqlError::other(error)))?,
                at: instant(row.get_ref(2)?.as_str()?),
            }))
        });
        found.optional()
    }

    fn matching(&self, owner: &str, wish: &Match) -> rusqlite::Result<Vec<Arc<StoredRow>>> {
        let (model, sql) = self.tables.model(wish.model);
        let mut value: Value = serde_json::from_str(&wish.value).unwrap_or_default();
        // The column holds the space, rows the name.
        if model.shape().slots()[wish.slot].base == Some(BaseField::OrganizationId) {
            let is_here = value.as_str() == Some(OrganizationId::from(owner).name());
            value = if is_here { owner.into() } else { Value::Null };
        }
        let mut statement = self.connection.prepare_cached(&sql.by_value[wish.slot])?;
        let cell = Cell::new(&model.shape().slots()[wish.slot], Some(&value));
        let rows = statement.query_map(params![owner, cell], |row| self.stored(wish.model, row, None))?;
        rows.collect()
    }

    /// Rows in order. What SQLite compares as [`Test`](crate::engine::Test) says is left to it; the rest is tested here, row
    /// by row, until there are enough.
    fn scan(&self, owner: &str, scan: &Scan) -> rusqlite::Result<Vec<Arc<StoredRow>>> {
        let (model, table) = self.tables.model(scan.model);
        let slots = model.shape().slots();
        // The column holds the space, rows the name: all the same here, so the id decides.
        let is_owner =
            |field| matches!(field, Field::Slot(slot) if slots[slot].base == Some(BaseField::OrganizationId));
        let by_id;
        let scan = if is_owner(scan.order) {
            let after = scan.after.as_ref().map(|(_, id)| (Value::from(id.as_str()), id.clone()));
            by_id = Scan { order: Field::Id, descending: false, after, ..scan.clone() };
            &by_id
        } else {
            scan
        };
        let column = |field: Field| match field {
            Field::Id => "\"id\"",
            Field::Slot(slot) => table.columns[slot].as_str(),
        };
        let cell = |field: Field, value| match field {
            Field::Id => Cell { ty: FieldType::String, format: NumberFormat::Float, value: Some(value) },
            Field::Slot(slot) => Cell::new(&slots[slot], Some(value)),
        };
        let mut sql = table.select.clone();
        let mut cells: Vec<Cell<'_>> = Vec::new();
        let mut is_all_native = true;
        for test in &scan.tests {
            let operator = native(test.ty, test.compare, &test.value).filter(|_| !is_owner(test.field));
            let Some(operator) = operator else {
                is_all_native = false;
                continue;
            };
            sql.push_str(&format!(" AND {} {operator} ?{}", column(test.field), cells.len() + 2));
            cells.push(cell(test.field, &test.value));
        }
        let (name, beyond, direction) = match scan.descending {
            true => (column(scan.order), "<", "DESC"),
            false => (column(scan.order), ">", "ASC"),
        };
        let id_value;
        if let Some((value, id)) = &scan.after {
            let (at, id_at) = (cells.len() + 2, cells.len() + 3);
            id_value = Value::from(id.as_str());
            if scan.order == Field::Id {
                // Said so simply, it is where the key's index is entered.
                sql.push_str(&format!(" AND \"id\" {beyond} ?{at}"));
            } else {
                let same = format!("({name} IS ?{at} AND \"id\" > ?{id_at})");
                // Null comes before everything else, and no comparison says so.
                let further = match (value.is_null(), scan.descending) {
                    (true, true) => "FALSE".to_owned(),
                    (true, false) => format!("{name} IS NOT NULL"),
                    (false, true) => format!("{name} {beyond} ?{at} OR {name} IS NULL"),
                    (false, false) => format!("{name} {beyond} ?{at}"),
                };
                sql.push_str(&format!(" AND ({further} OR {same})"));
                cells.push(cell(scan.order, value));
            }
            cells.push(cell(Field::Id, &id_value));
        }
        sql.push_str(&match scan.order {
            Field::Id => format!(" ORDER BY \"id\" {direction}"),
            Field::Slot(_) => format!(" ORDER BY {name} {direction}, \"id\""),
        });
        // What is told how many are wanted sorts no more than those.
        let limit = scan.limit.filter(|_| is_all_native).and_then(|limit| i64::try_from(limit).ok());
        if limit.is_some() {
            sql.push_str(&format!(" LIMIT ?{}", cells.len() + 2));
        }
        let parameters = std::iter::once(&owner as &dyn ToSql).chain(cells.iter().map(|cell| cell as &dyn ToSql));
        let parameters = parameters.chain(limit.iter().map(|limit| limit as &dyn ToSql));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(parameters))?;
        let mut found: Vec<Arc<StoredRow>> = Vec::new();
        while scan.limit.is_none_or(|limit| found.len() < limit) {
            let Some(row) = rows.next()? else { break };
            let row = self.stored(scan.model, row, found.last().map(Arc::as_ref))?;
            if scan.tests.iter().all(|test| test.holds(&row)) {
                found.push(row);
            }
        }
        Ok(found)
    }

    fn due(&self, owner: &str, count: usize) -> rusqlite::Result<Vec<(u64, RowKey)>> {
        let sql = "SELECT due_at, model_name, model_id FROM ablo_claims \
                   WHERE organization_id = ?1 AND due_at IS NOT NULL ORDER BY due_at, model_name, model_id LIMIT ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![owner, i64::try_from(count).unwrap_or(i64::MAX)])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            // Claims on a model that is no longer in the schema are nobody's affair.
            if let Some(model) = self.tables.index_of(row.get_ref(1)?.as_str()?) {
                found.push((millis(row.get_ref(0)?.as_str()?), RowKey::new(model, row.get_ref(2)?.as_str()?)));
            }
        }
        Ok(found)
    }

    /// Remembers how far the log reaches.
    pub fn set_head(&self, owner: &str, head: SyncId, trimmed: SyncId) -> rusqlite::Result<()> {
        let sql = "INSERT INTO ablo_heads (organization_id, head, trimmed) VALUES (?1, ?2, ?3) \
                   ON CONFLICT DO UPDATE SET head = ?2, trimmed = ?3";
        self.connection.prepare_cached(sql)?.execute(params![owner, signed(head), signed(trimmed)])?;
        Ok(())
    }
}

/// The operator that means the same in SQLite, when there is one.
fn native(ty: FieldType, compare: Compare, value: &Value) -> Option<&'static str> {
    if ty == FieldType::Json && !value.is_null() {
        return None;
    }
    Some(match compare {
        Compare::Eq => "=",
        Compare::Ne => "<>",
        Compare::Lt => "<",
        Compare::Le => "<=",
        Compare::Gt => ">",
        Compare::Ge => ">=",
        Compare::Is => "IS",
        Compare::IsNot => "IS NOT",
        _ => return None,
    })
}

/// A time of the runtime's own tables.
pub(super) fn instant(text: &str) -> Timestamp {
    text.parse().unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The same in milliseconds.
pub(super) fn millis(text: &str) -> u64 {
    u64::try_from(instant(text).as_millisecond()).unwrap_or(0)
}

fn unhex(text: &str) -> Option<Fingerprint> {
    let mut bytes = Fingerprint::default();
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    (hex(&bytes) == text).then_some(bytes)
}

pub(super) fn unreadable(column: usize, error: FromSqlError) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}
