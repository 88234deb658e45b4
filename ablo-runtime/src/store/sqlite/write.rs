use std::sync::{Arc, LazyLock};

use ablo_schema::time::Timestamp;
use ablo_schema::wire::OrganizationId;
use rusqlite::{CachedStatement, Connection, params};

use super::cell::Cell;
use super::database::{Database, signed};
use super::insert::{Insert, owned, value};
use crate::claims::RowClaims;
use crate::engine::{Fingerprint, StoredReceipt, StoredRow};
use crate::store::{Loaded, OldReceipts, ReceiptKey, RowKey, RowWrite, WriteSet};

impl Database {
    pub fn write(&mut self, organization: &OrganizationId, writes: &WriteSet, loaded: &Loaded) -> rusqlite::Result<()> {
        let owner = organization.as_str();
        // A value that passes from one row to another must leave the first before it reaches the second.
        for write in writes.rows.iter().filter(|write| write.before.is_some() && self.is_replaced(write)) {
            self.delete(owner, &write.key)?;
        }
        let mut statements = Statements { connection: &self.connection, held: Vec::new() };
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
            self.put(statements.get(sql)?, owner, key, row, slots)?;
        }
        drop(statements);
        self.append(owner, &writes.log)?;
        for (key, claims) in &writes.claims {
            let name = &self.tables.model(key.model).0.def().typename;
            self.write_claims(owner, name, &key.id, claims)?;
            // Kept also when the transaction fails: a row too many is asked for in vain, no more.
            if let Some(claimed) = &mut self.claimed {
                claimed.insert((organization.clone(), key.clone()));
            }
        }
        self.remember(owner, &writes.receipts)?;
        if let Some((before, keys)) = &writes.forget {
            self.forget_receipts(owner, *before, keys)?;
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

    /// Keeps the claims of a row.
    pub fn write_claims(&self, owner: &str, name: &str, id: &str, claims: &RowClaims) -> rusqlite::Result<()> {
        let sql = "INSERT INTO ablo_claims (organization_id, model_name, model_id, state, due_at) \
                   VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET state = ?4, due_at = ?5";
        let due = claims.next_due().map(|at| text(millis(at)));
        let state = serde_json::to_string(claims).map_err(unwritable)?;
        self.connection.prepare_cached(sql)?.execute(params![owner, name, id, state, due])?;
        Ok(())
    }

    fn forget_receipts(&self, owner: &str, before: Timestamp, keys: &[ReceiptKey]) -> rusqlite::Result<()> {
        let sql = "DELETE FROM ablo_idempotency \
                   WHERE organization_id = ?1 AND \"key\" = ?2 AND scope = ?3 AND created_at < ?4";
        let (mut statement, before) = (self.connection.prepare_cached(sql)?, text(before));
        for ReceiptKey { scope, key } in keys {
            statement.execute(params![owner, &**key, &**scope, before])?;
        }
        Ok(())
    }

    /// Old answers, found by looking at one after the other in the order of the table.
    pub fn old_receipts(
        &self,
        owner: &str,
        old: &OldReceipts,
    ) -> rusqlite::Result<(Vec<ReceiptKey>, Option<ReceiptKey>)> {
        let sql = "SELECT scope, \"key\", created_at FROM ablo_idempotency \
                   WHERE organization_id = ?1 AND (\"key\", scope) > (?2, ?3) ORDER BY \"key\", scope LIMIT ?4";
        let after = old.after.as_ref().map_or(("", ""), |after| (&*after.key, &*after.scope));
        let limit = i64::try_from(old.limit).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![owner, after.0, after.1, limit])?;
        let (before, mut found, mut last, mut count) = (text(old.before), Vec::new(), None, 0);
        while let Some(row) = rows.next()? {
            let text = |at: usize| Ok::<_, rusqlite::Error>(row.get_ref(at)?.as_str()?.into());
            let key = ReceiptKey { scope: text(0)?, key: text(1)? };
            if row.get_ref(2)?.as_str()? < before.as_str() {
                found.push(key.clone());
            }
            (last, count) = (Some(key), count + 1);
        }
        Ok((found, last.filter(|_| count == old.limit)))
    }

    fn remember(&self, owner: &str, receipts: &[(ReceiptKey, Arc<StoredReceipt>)]) -> rusqlite::Result<()> {
        static INSERT: LazyLock<Insert<3, 3>> = LazyLock::new(|| {
            Insert::new("ablo_idempotency", "organization_id, scope, created_at", "\"key\", request_hash, receipt")
        });
        let mut insert = INSERT.on(&self.connection);
        let mut times = Times::default();
        for run in receipts.chunk_by(|(one, first), (other, next)| one.scope == other.scope && first.at == next.at) {
            let Some((ReceiptKey { scope, .. }, StoredReceipt { at, .. })) =
                run.first().map(|(key, receipt)| (key, &**receipt))
            else {
                continue;
            };
            insert.run([value(owner), value(&**scope), owned(times.text(*at).to_owned())], run, |(key, receipt)| {
                let answer = receipt.to_text().map_err(unwritable)?;
                Ok([value(&*key.key), owned(hex(&receipt.fingerprint)), owned(answer)])
            })?;
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
    fn put<'a>(
        &self,
        Held { statement, last, .. }: &mut Held<'a>,
        owner: &str,
        key: &RowKey,
        row: &'a StoredRow,
        written: &[usize],
    ) -> rusqlite::Result<()> {
        let slots = self.tables.model(key.model).0.shape().slots();
        let last = last.replace(row);
        if last.is_none() {
            statement.raw_bind_parameter(1, owner)?;
        }
        statement.raw_bind_parameter(2, &*key.id)?;
        let mut at = 3;
        for slot in written {
            let value = row.values.get(*slot);
            // What is not bound is null.
            if value != last.and_then(|last| last.values.get(*slot)) {
                statement.raw_bind_parameter(at, Cell::new(&slots[*slot], value))?;
            }
            at += 1;
        }
        statement.raw_bind_parameter(at, signed(row.sync_id))?;
        statement.raw_bind_parameter(at + 1, signed(row.created))?;
        statement.raw_execute()?;
        Ok(())
    }
}

/// Statements that rows are written by, while rows follow each other.
struct Statements<'a> {
    connection: &'a Connection,
    held: Vec<Held<'a>>,
}

/// What is bound stays bound: only where a row differs from the last one is it bound anew.
struct Held<'a> {
    sql: &'a str,
    statement: CachedStatement<'a>,
    last: Option<&'a StoredRow>,
}

impl<'a> Statements<'a> {
    fn get(&mut self, sql: &'a str) -> rusqlite::Result<&mut Held<'a>> {
        let at = match self.held.iter().rposition(|held| std::ptr::eq(held.sql, sql)) {
            Some(at) => at,
            None => {
                self.held.push(Held { sql, statement: self.connection.prepare_cached(sql)?, last: None });
                self.held.len() - 1
            }
        };
        Ok(&mut self.held[at])
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
