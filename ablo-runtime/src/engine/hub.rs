use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use ablo_schema::wire::{ClaimId, Group, ParticipantRef, SyncId};
use tokio::sync::watch;

use super::{Access, ClaimsChange, LogEntry};
use crate::claims::ClaimEvent;

/// The subscriptions of one organization, found by group: publishing costs what the touched groups cost, not what all
/// connections do.
#[derive(Debug, Default)]
pub(crate) struct Hub(Mutex<Members>);

#[derive(Debug, Default)]
struct Members {
    next: u64,
    by_id: foldhash::HashMap<u64, Member>,
    by_group: HashMap<Group, Vec<u64>>,
    /// Those that hear everything.
    all: Vec<u64>,
    head: SyncId,
    /// The last delta that was delivered to whom it concerns.
    published: SyncId,
    handles: HashMap<(ParticipantRef, ClaimId), watch::Sender<Option<ClaimEvent>>>,
}

#[derive(Debug)]
struct Member {
    access: Access,
    /// The id that grants name.
    user: String,
    mailbox: Arc<Mailbox>,
    last: SyncId,
}

/// Where a subscription's events wait to be taken.
#[derive(Debug)]
pub(crate) struct Mailbox {
    capacity: usize,
    state: Mutex<Waiting>,
}

/// Deltas that were published together, the same for everyone who hears of them.
#[derive(Debug)]
pub(crate) struct Run {
    pub entries: Box<[Arc<LogEntry>]>,
    /// The latest delta that came before one of them, of its row.
    pub previous: SyncId,
}

/// What one thing that waits is.
#[derive(Debug)]
pub(crate) enum Mail {
    Run(Arc<Run>),
    /// A delta by itself.
    Delta(Arc<LogEntry>),
    Claims(Arc<ClaimsChange>),
}

impl Mail {
    /// Whether no two deltas of all these are of one row.
    pub fn are_apart(all: &VecDeque<Self>) -> bool {
        let mut deltas = all.iter().filter_map(|mail| match mail {
            Self::Run(run) => Some((run.entries.first()?.id(), run.previous)),
            Self::Delta(entry) => Some((entry.id(), entry.previous)),
            Self::Claims(_) => None,
        });
        let mut first = None;
        deltas.all(|(id, previous)| previous < *first.get_or_insert(id))
    }
}

#[derive(Debug, Default)]
pub(crate) struct Waiting {
    pub mail: VecDeque<Mail>,
    /// How many events that is.
    pub count: usize,
    /// Events were given up since the last one that waits.
    pub overflown: bool,
    /// A grant changed: what may be heard has to be looked up again.
    pub regrant: bool,
    /// Nothing will arrive any more.
    pub closed: bool,
    /// Who waits for any of these.
    pub reader: Option<Waker>,
}

impl Mailbox {
    pub fn new(capacity: usize) -> Self {
        Self { capacity, state: Mutex::default() }
    }

    pub fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, all: impl Iterator<Item = Mail>) {
        self.change(|state| {
            if state.overflown || state.regrant {
                return;
            }
            for mail in all {
                let count = if let Mail::Run(run) = &mail { run.entries.len() } else { 1 };
                if state.count + count > self.capacity {
                    // The log has what is given up here; the reader is told to fetch it.
                    state.overflown = true;
                    return;
                }
                state.count += count;
                state.mail.push_back(mail);
            }
        });
    }

    /// Changes what waits, and wakes the reader.
    fn change(&self, change: impl FnOnce(&mut Waiting)) {
        let mut state = self.lock();
        change(&mut state);
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

/// What a transaction changed, for those who listen.
#[derive(Debug, Default)]
pub(crate) struct News {
    pub entries: Vec<Arc<LogEntry>>,
    pub claims: Vec<Arc<ClaimsChange>>,
    /// Participants whose grants changed.
    pub regranted: Vec<String>,
}

impl Hub {
    fn lock(&self) -> MutexGuard<'_, Members> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a place that hears nothing yet, except that grants of `user` change.
    pub fn join(&self, user: &str, mailbox: Arc<Mailbox>) -> u64 {
        let mut members = self.lock();
        members.next += 1;
        let id = members.next;
        let access = Access::Groups(HashSet::new());
        members.by_id.insert(id, Member { access, user: user.to_owned(), mailbox, last: SyncId(0) });
        id
    }

    /// Starts to deliver what `access` hears. `head` is the store's. The answer is the last delta that is not delivered.
    pub fn admit(&self, id: u64, access: Access, head: SyncId) -> SyncId {
        let mut members = self.lock();
        members.head = members.head.max(head);
        members.index(id, &access);
        let head = members.head;
        if let Some(member) = members.by_id.get_mut(&id) {
            member.access = access;
            // A transaction that is in the store but not yet published here must not be delivered a second time.
            member.last = head;
        }
        head
    }

    /// Delivers what happens to claims, and no deltas.
    #[cfg(feature = "server")]
    pub fn only_claims(&self, id: u64) {
        if let Some(member) = self.lock().by_id.get_mut(&id) {
            member.last = SyncId(u64::MAX);
        }
    }

    /// Delivers no more.
    pub fn leave(&self, id: u64) {
        let mut members = self.lock();
        let Some(member) = members.by_id.remove(&id) else { return };
        members.unindex(id, &member.access);
    }

    /// The last delta that is in the mailboxes of everyone who hears it.
    #[cfg(feature = "server")]
    pub fn published(&self) -> SyncId {
        self.lock().published
    }

    /// Restarts a mailbox that gave up events. The answer is the last delta that will not be delivered.
    pub fn restart(&self, mailbox: &Mailbox) -> SyncId {
        let members = self.lock();
        let mut state = mailbox.lock();
        state.mail.clear();
        state.count = 0;
        state.overflown = false;
        members.head
    }

    /// Delivers what a transaction changed.
    pub fn publish(&self, news: &News) {
        let mut members = self.lock();
        // First: what they may hear of these deltas is not known here, so they read all of them from the log.
        for member in members.by_id.values().filter(|member| news.regranted.contains(&member.user)) {
            member.mailbox.change(|state| state.regrant = true);
        }
        // Neighbours mostly concern the same groups, and are handed to each of these together.
        for entries in news.entries.chunk_by(|a, b| a.delta.core.sync_groups == b.delta.core.sync_groups) {
            members.deliver(entries);
        }
        for change in &news.claims {
            members.notify(change);
        }
    }

    /// Follows one handle of a participant on a claim.
    pub fn follow(&self, participant: ParticipantRef, claim: ClaimId) -> watch::Receiver<Option<ClaimEvent>> {
        let handles = &mut self.lock().handles;
        // Handles that nothing happened to since their follower left would stay for ever.
        if handles.len() >= 64 && handles.len().is_power_of_two() {
            handles.retain(|_, follower| follower.receiver_count() > 0);
        }
        handles.entry((participant, claim)).or_insert_with(|| watch::channel(None).0).subscribe()
    }

    /// Ends every subscription.
    pub fn close(&self) {
        for member in self.lock().by_id.values() {
            member.mailbox.change(|state| state.closed = true);
        }
    }
}

impl Members {
    fn index(&mut self, id: u64, access: &Access) {
        match access {
            Access::All => self.all.push(id),
            Access::Groups(groups) => {
                for group in groups {
                    self.by_group.entry(group.clone()).or_default().push(id);
                }
            }
        }
    }

    fn unindex(&mut self, id: u64, access: &Access) {
        match access {
            Access::All => self.all.retain(|other| *other != id),
            Access::Groups(groups) => {
                for group in groups {
                    if let Some(members) = self.by_group.get_mut(group) {
                        members.retain(|other| *other != id);
                        if members.is_empty() {
                            self.by_group.remove(group);
                        }
                    }
                }
            }
        }
    }

    /// Everyone in these groups, and everyone who hears everything.
    fn audience<'a>(&'a self, groups: &'a [Group]) -> impl Iterator<Item = u64> + 'a {
        let by_group = groups.iter().filter_map(|group| self.by_group.get(group)).flatten();
        by_group.chain(&self.all).copied()
    }

    /// Delivers entries of the same groups.
    fn deliver(&mut self, entries: &[Arc<LogEntry>]) {
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return };
        self.head = self.head.max(last.id());
        self.published = self.published.max(last.id());
        let audience: Vec<u64> = self.audience(&first.delta.core.sync_groups).collect();
        if audience.is_empty() {
            return;
        }
        // All of the audience hears of what is not kept from some of it.
        let is_for_all = entries.iter().all(|entry| entry.hidden_from.is_none() && entry.only_for.is_none());
        let previous = entries.iter().map(|entry| entry.previous).max().unwrap_or_default();
        let run = is_for_all.then(|| Arc::new(Run { entries: entries.into(), previous }));
        for id in audience {
            let Some(Member { access, user, mailbox, last: heard }) = self.by_id.get_mut(&id) else { continue };
            // A member of several of the groups hears of it once.
            if *heard >= last.id() {
                continue;
            }
            match &run {
                Some(run) if *heard < first.id() => mailbox.push(std::iter::once(Mail::Run(Arc::clone(run)))),
                _ => {
                    let new = entries.iter().filter(|entry| entry.id() > *heard && access.hears(user, entry));
                    mailbox.push(new.map(|entry| Mail::Delta(Arc::clone(entry))));
                }
            }
            *heard = last.id();
        }
    }

    fn notify(&mut self, change: &Arc<ClaimsChange>) {
        let mut audience: Vec<u64> = self.audience(&change.groups).collect();
        audience.sort_unstable();
        audience.dedup();
        for id in audience {
            if let Some(member) = self.by_id.get(&id) {
                member.mailbox.push(std::iter::once(Mail::Claims(Arc::clone(change))));
            }
        }
        for event in &change.events {
            let (ClaimEvent::Granted { claim, participant, .. } | ClaimEvent::Ended { claim, participant, .. }) = event
            else {
                continue;
            };
            let key = (participant.clone(), claim.clone());
            if let Some(follower) = self.handles.get(&key)
                && follower.send(Some(event.clone())).is_err()
            {
                self.handles.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ablo_schema::wire::ParticipantKind;

    use super::*;

    #[test]
    fn handles_nobody_follows_are_forgotten() {
        let hub = Hub::default();
        let me = ParticipantRef { kind: ParticipantKind::Agent, id: "a".into() };
        let kept = hub.follow(me.clone(), "kept".into());
        for index in 0..1_000 {
            drop(hub.follow(me.clone(), index.to_string().into()));
        }
        let members = hub.lock();
        assert!(members.handles.len() <= 64 && members.handles.contains_key(&(me, "kept".into())));
        drop((members, kept));
    }
}
