use std::sync::Arc;

use ablo_schema::time::Timestamp;
use ablo_schema::wire::OrganizationId;
use rusqlite::{CachedStatement, Connection, params};

use super::cell::Cell;
use super::database::{Database, signed};
use crate::engine::{Fingerprint, StoredReceipt, StoredRow};
use crate::store::{Loaded, ReceiptKey, RowKey, RowWrite, WriteSet};

impl Database {
    pub fn write(&mut self, organization: &OrganizationId, writes: &WriteSet, loaded: &Loaded) -> rusqlite::Result<()> {
        let owner = organization.as_str();
        // A value that passes from one row to another must leave the first before it reaches the second.
        for write in writes.rows.iter().filter(|write| write.before.is_some() && self.is_replaced(write)) {
            self.delete(owner, &write.key)?;
        }
        let mut held = Held::new(&self.connection);
        for write in &writes.rows {
            let RowWrite { key, before, after } = write;
            let (_, table) = self.tables.model(key.model);
            let Some(row) = after else { continue };
            let (sql, slots) = match before {
                None => (&table.insert, &table.written),
                Some(_) if self.is_replaced(write) => (&table.insert, &table.written),
                Some(before) if table.is_plain(before, row) => (&table.update_plain, &table.plain),
                Some(_) => (&table.update, &table.written),
            };
            self.put(held.statement(sql)?, owner, key, row, slots)?;
        }
        drop(held);
        self.append(owner, &writes.log)?;
        for (key, claims) in &writes.claims {
            let sql = "INSERT INTO ablo_claims (organization_id, model_name, model_id, state, due_at) \
                       VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET state = ?4, due_at = ?5";
            let due = claims.next_due().map(|at| text(millis(at)));
            let name = &self.tables.model(key.model).0.def().typename;
            let state = serde_json::to_string(claims).map_err(unwritable)?;
            self.connection.prepare_cached(sql)?.execute(params![owner, name, &*key.id, state, due])?;
            // Kept also when the transaction fails: a row too many is asked for in vain, no more.
            if let Some(claimed) = &mut self.claimed {
                claimed.insert((organization.clone(), key.clone()));
            }
        }
        self.remember(owner, &writes.receipts)?;
        if let Some(before) = writes.forget {
            let sql = "DELETE FROM ablo_idempotency WHERE organization_id = ?1 AND created_at < ?2";
            self.connection.prepare_cached(sql)?.execute(params![owner, text(before)])?;
        }
        let trimmed = writes.trim.map_or(loaded.trimmed, |through| through.max(loaded.trimmed));
        if trimmed > loaded.trimmed {
            let sql = "DELETE FROM ablo_deltas WHERE organization_id = ?1 AND id <= ?2";
            self.connection.prepare_cached(sql)?.execute(params![owner, signed(trimmed)])?;
        }
        let head = writes.log.last().map_or(loaded.head, |entry| entry.id());
        if head > loaded.head || trimmed > loaded.trimmed {
            self.set_head(owner, head, trimmed)?;
        }
        Ok(())
    }

    fn remember(&self, owner: &str, receipts: &[(ReceiptKey, Arc<StoredReceipt>)]) -> rusqlite::Result<()> {
        let sql = "INSERT INTO ablo_idempotency \
                   (organization_id, scope, \"key\", request_hash, receipt, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut at = Times::default();
        for (key, receipt) in receipts {
            let (answer, hash) = (receipt.to_text().map_err(unwritable)?, hex(&receipt.fingerprint));
            statement.execute(params![owner, &*key.scope, &*key.key, hash, answer, at.text(receipt.at)])?;
        }
        Ok(())
    }

    fn is_replaced(&self, write: &RowWrite) -> bool {
        let (_, table) = self.tables.model(write.key.model);
        match (&write.before, &write.after) {
            (Some(before), Some(after)) => table.has_unique && !table.is_plain(before, after),
            (_, after) => after.is_none(),
        }
    }

    fn delete(&self, owner: &str, key: &RowKey) -> rusqlite::Result<()> {
        let (_, table) = self.tables.model(key.model);
        self.connection.prepare_cached(&table.delete)?.execute(params![owner, &*key.id])?;
        Ok(())
    }

    /// Runs the statement that writes these slots of a row.
    fn put(
        &self,
        statement: &mut CachedStatement<'_>,
        owner: &str,
        key: &RowKey,
        row: &StoredRow,
        written: &[usize],
    ) -> rusqlite::Result<()> {
        let slots = self.tables.model(key.model).0.shape().slots();
        statement.raw_bind_parameter(1, owner)?;
        statement.raw_bind_parameter(2, &*key.id)?;
        let mut at = 3;
        for slot in written {
            statement.raw_bind_parameter(at, Cell::new(&slots[*slot], row.values.get(*slot)))?;
            at += 1;
        }
        statement.raw_bind_parameter(at, signed(row.sync_id))?;
        statement.raw_bind_parameter(at + 1, signed(row.created))?;
        statement.raw_execute()?;
        Ok(())
    }
}

/// The statement that was run last: rows that follow each other are mostly written by the same one.
struct Held<'a> {
    connection: &'a Connection,
    last: Option<(&'a str, CachedStatement<'a>)>,
}

impl<'a> Held<'a> {
    fn new(connection: &'a Connection) -> Self {
        Self { connection, last: None }
    }

    fn statement(&mut self, sql: &'a str) -> rusqlite::Result<&mut CachedStatement<'a>> {
        let last = match self.last.take().filter(|(text, _)| std::ptr::eq(*text, sql)) {
            Some(last) => last,
            None => (sql, self.connection.prepare_cached(sql)?),
        };
        Ok(&mut self.last.insert(last).1)
    }
}

/// Times as text; what is written together mostly has one time.
#[derive(Default)]
pub(super) struct Times(Option<(Timestamp, String)>);

impl Times {
    pub fn text(&mut self, time: Timestamp) -> &str {
        let last = self.0.take().filter(|(last, _)| *last == time);
        &self.0.insert(last.unwrap_or_else(|| (time, text(time)))).1
    }
}

/// A time as the runtime's own tables keep it: with milliseconds always, so that it sorts.
pub(super) fn text(time: Timestamp) -> String {
    format!("{time:.3}")
}

fn millis(at: u64) -> Timestamp {
    i64::try_from(at).ok().and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or(Timestamp::MAX)
}

pub(super) fn hex(bytes: &Fingerprint) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

pub(super) fn unwritable(error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}
