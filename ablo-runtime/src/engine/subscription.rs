use std::collections::{HashSet, VecDeque};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};

use ablo_schema::error::AbloError;
use ablo_schema::wire::{Group, SyncId};

use super::hub::{Mail, Mailbox, Run};
use super::{Access, Event, LogEntry, LogPage, ResyncReason, Session};
use crate::store::LogRange;

/// What happens in a participant's groups, as it happens.
///
/// Nothing is dropped silently: a reader that falls behind is told to resync, and then goes on from there. Dropping the
/// subscription ends it.
#[derive(Debug)]
pub struct Subscription {
    session: Session,
    requested: Option<HashSet<Group>>,
    access: Access,
    mailbox: Arc<Mailbox>,
    /// What was taken out of the mailbox, all of it at once.
    taken: VecDeque<Mail>,
    /// No two deltas of what was taken are of one row.
    are_apart: bool,
    /// The deltas that are being yielded.
    run: Option<Rest>,
    id: u64,
    start: SyncId,
    last: SyncId,
}

/// Bytes of deltas after which a page of the log ends.
const PAGE_BYTES: u64 = 1 << 20;

/// A queue that grew beyond this is not kept for the next events.
const KEPT: usize = 64;

impl Subscription {
    pub(crate) async fn start(session: Session, requested: Option<HashSet<Group>>) -> Result<Self, AbloError> {
        let mailbox = Arc::new(Mailbox::new(session.options().buffer));
        // Joined before it is known what may be heard, so that a grant that changes meanwhile is not missed.
        let id = session.writer().hub.join(session.user(), Arc::clone(&mailbox));
        let mut subscription = Self {
            session,
            requested,
            access: Access::Groups(HashSet::new()),
            mailbox,
            taken: VecDeque::new(),
            are_apart: false,
            run: None,
            id,
            start: SyncId(0),
            last: SyncId(0),
        };
        let (access, head) = subscription.session.access().await?;
        let hub = &subscription.session.writer().hub;
        let access = limit(access, subscription.requested.as_ref());
        subscription.start = hub.admit(id, access.clone(), head);
        subscription.last = subscription.start;
        subscription.access = access;
        Ok(subscription)
    }

    /// Yields what happens to claims from here on, and no deltas: among many of those it might be given up.
    #[cfg(feature = "server")]
    #[must_use]
    pub(crate) fn only_claims(self) -> Self {
        self.session.writer().hub.only_claims(self.id);
        self
    }

    /// The first delta that is yielded is the first one after this. What came before is in a bootstrap whose head is at
    /// least this, or in the log.
    #[must_use]
    pub fn start_head(&self) -> SyncId {
        self.start
    }

    /// The groups that are heard: those asked for and allowed.
    #[must_use]
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// What is delivered here of the log after a delta; see [`Session::log`]. Of large deltas a page has fewer.
    ///
    /// # Errors
    /// As [`Session::log`].
    pub async fn log(&self, after: SyncId, limit: usize) -> Result<LogPage, AbloError> {
        let mut page = self.session.log_range(LogRange { after, limit, bytes: PAGE_BYTES }).await?;
        page.entries.retain(|entry| self.access.reads(self.session.user(), entry));
        Ok(page)
    }

    /// Whether a delta is delivered here.
    #[must_use]
    pub fn hears(&self, entry: &LogEntry) -> bool {
        self.access.hears(self.session.user(), entry)
    }

    /// The next event; `None` when the engine has shut down.
    ///
    /// # Errors
    /// When the participant's groups changed and the store could not be asked for them; calling again asks again.
    pub async fn next(&mut self) -> Result<Option<Event>, AbloError> {
        let taken = poll_fn(|cx| self.take(Some(cx.waker()))).await;
        self.arrived(taken).await
    }

    /// The next event if there is one already.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub async fn try_next(&mut self) -> Result<Option<Event>, AbloError> {
        match self.take(None) {
            Poll::Ready(taken) => self.arrived(taken).await,
            Poll::Pending => Ok(None),
        }
    }

    /// Takes the deltas that were published together with the last one, as if they had been yielded; and says whether no two
    /// deltas of all that waited are of one row.
    #[cfg(feature = "server")]
    pub(crate) fn rest_of_run(&mut self) -> (Option<Rest>, bool) {
        let run = self.run.take();
        if let Some(last) = run.as_ref().and_then(|rest| rest.run.entries.last()) {
            self.last = last.id();
        }
        (run, self.are_apart)
    }

    /// The next event of what was taken.
    fn next_taken(&mut self) -> Option<Event> {
        loop {
            if let Some(entry) = self.run.as_mut().and_then(Rest::next) {
                self.last = entry.id();
                return Some(Event::Delta(entry));
            }
            self.run = None;
            match self.taken.pop_front()? {
                Mail::Run(run) => self.run = Some(Rest { run, yielded: 0 }),
                Mail::Delta(entry) => {
                    self.last = entry.id();
                    return Some(Event::Delta(entry));
                }
                Mail::Claims(change) => return Some(Event::Claims(change)),
            }
        }
    }

    async fn arrived(&mut self, taken: Taken) -> Result<Option<Event>, AbloError> {
        match taken {
            Taken::Event(event) => Ok(Some(event)),
            Taken::Resync => {
                let head = self.session.writer().hub.restart(&self.mailbox);
                let after = std::mem::replace(&mut self.last, head);
                Ok(Some(Event::Resync { reason: ResyncReason::TooSlow, after, head }))
            }
            Taken::Regrant => {
                let after = self.last;
                let fresh = Box::pin(Self::start(self.session.clone(), self.requested.clone())).await?;
                let head = fresh.start;
                *self = fresh;
                Ok(Some(Event::Resync { reason: ResyncReason::AccessChanged, after, head }))
            }
            Taken::Closed => Ok(None),
        }
    }

    /// Takes what is there; else `reader` is woken once something is.
    fn take(&mut self, reader: Option<&Waker>) -> Poll<Taken> {
        if let Some(event) = self.next_taken() {
            return Poll::Ready(Taken::Event(event));
        }
        if self.taken.capacity() > KEPT {
            self.taken = VecDeque::new();
        }
        let mut state = self.mailbox.lock();
        if !state.mail.is_empty() {
            std::mem::swap(&mut state.mail, &mut self.taken);
            state.count = 0;
            drop(state);
            self.are_apart = Mail::are_apart(&self.taken);
            return self.take(reader);
        }
        Poll::Ready(if state.regrant {
            Taken::Regrant
        } else if state.overflown {
            Taken::Resync
        } else if state.closed {
            Taken::Closed
        } else {
            if let Some(reader) = reader {
                state.reader.get_or_insert_with(|| reader.clone()).clone_from(reader);
            }
            return Poll::Pending;
        })
    }
}

/// What has not been yielded of a run.
#[derive(Debug)]
pub(crate) struct Rest {
    run: Arc<Run>,
    yielded: usize,
}

impl Rest {
    /// The entries.
    pub fn entries(&self) -> &[Arc<LogEntry>] {
        self.run.entries.get(self.yielded..).unwrap_or_default()
    }

    fn next(&mut self) -> Option<Arc<LogEntry>> {
        let entry = self.entries().first().map(Arc::clone);
        self.yielded += 1;
        entry
    }
}

enum Taken {
    Event(Event),
    Resync,
    Regrant,
    Closed,
}

fn limit(access: Access, requested: Option<&HashSet<Group>>) -> Access {
    match requested {
        Some(requested) => access.narrowed(requested),
        None => access,
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.session.writer().hub.leave(self.id);
    }
}
