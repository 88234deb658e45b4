use std::collections::BTreeMap;
use std::sync::Arc;

use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::SyncId;

use super::closing::{End, close};
use super::connection::Connection;
use crate::engine::{LogEntry, LogPage};

/// How many deltas of the log are read at once.
pub(super) const PAGE: usize = 1_000;

/// How far a connection lags behind what is published, when there is no room for that.
///
/// However far that is, it reads the log a page at a time, as its client applies what came before, and holds no more than
/// that. It is not told to bootstrap instead: clients of version 0.9.0 pass over that, and outside of browsers they do
/// not come back when their socket is closed. Only who stands before the trimmed log has to.
#[derive(Debug, Default)]
pub(super) struct Behind {
    /// What comes after this is read from the log; what is published meanwhile is in there.
    after: Option<u64>,
    /// Its own writes that it does not hear: they are not in what it reads.
    own: BTreeMap<u64, Arc<LogEntry>>,
}

impl Behind {
    /// Whether there is something to be read.
    pub fn is_behind(&self) -> bool {
        self.after.is_some()
    }

    /// Whether it may not write any more before something has been read.
    pub fn is_full(&self) -> bool {
        self.own.len() >= PAGE
    }
}

impl Connection {
    /// Takes in what was published.
    pub(super) async fn hear(&mut self, entry: Arc<LogEntry>) -> Result<(), End> {
        if self.has_room().await? {
            self.offer(entry);
        }
        Ok(())
    }

    /// Takes in what this connection wrote and does not hear.
    pub(super) async fn hear_own(&mut self, entry: &Arc<LogEntry>) -> Result<(), End> {
        if self.has_room().await? {
            self.offer(Arc::clone(entry));
        } else {
            self.behind.own.insert(entry.id().0, Arc::clone(entry));
        }
        Ok(())
    }

    /// Whether it follows what is published. If not, it lags behind from here on.
    async fn has_room(&mut self) -> Result<bool, End> {
        if !self.behind.is_behind() && self.out.is_full() {
            self.pass_on().await?;
            if self.out.is_full() {
                self.behind.after = Some(self.out.newest());
            }
        }
        Ok(!self.behind.is_behind())
    }

    /// Reads on after an id, unless it has to read on from before that anyway.
    pub(super) async fn read_from(&mut self, after: u64) -> Result<(), End> {
        self.behind.after.get_or_insert(after);
        self.catch_up().await
    }

    /// Reads as much of the log as there is room for.
    pub(super) async fn catch_up(&mut self) -> Result<(), End> {
        while let Some(after) = self.behind.after.filter(|_| !self.out.is_full()) {
            let page = self.events.log(SyncId(after), PAGE).await.map_err(log_failed)?;
            self.take_page(after, &page);
            self.pass_on().await?;
        }
        Ok(())
    }

    /// Takes in a page of the log, from which it goes on.
    pub(super) fn take_page(&mut self, after: u64, page: &LogPage) {
        for entry in &page.entries {
            self.take_own(entry.id().0);
            self.offer(Arc::clone(entry));
        }
        self.behind.after = (page.cursor < page.head && page.cursor.0 > after).then_some(page.cursor.0);
        self.take_own(self.behind.after.unwrap_or(u64::MAX));
    }

    /// Takes in its own writes up to an id.
    fn take_own(&mut self, through: u64) {
        while let Some(own) = self.behind.own.first_entry().filter(|own| *own.key() <= through) {
            let entry = own.remove();
            self.offer(entry);
        }
    }
}

/// What becomes of a connection whose log cannot be read.
pub(super) fn log_failed(error: AbloError) -> End {
    match error.is(Code::MustBootstrap) {
        // It comes back and is told then.
        true => End::Close(close::TRY_LATER, "the log was trimmed past this connection; bootstrap again"),
        false => End::failed(error),
    }
}
