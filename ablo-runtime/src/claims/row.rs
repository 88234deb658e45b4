use ablo_schema::wire::{ClaimId, FencingToken, ParticipantRef, SyncId};
use serde::{Deserialize, Serialize};

use super::{Acquire, ClaimDetails, Grant, Holder};

/// All claims of one row.
///
/// A store keeps the record for as long as the row may be claimed again, also when nobody holds it: the last token in
/// it is what makes the next one greater.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowClaims {
    pub(super) last_token: FencingToken,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lease: Option<Lease>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) queue: Vec<Entry>,
}

/// A place on a row: what a participant holds, or where it waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Whose.
    pub participant: ParticipantRef,
    /// The handles that share the place, oldest first. Never empty; a waiter has one.
    pub handles: Vec<ClaimId>,
    /// When each handle ends by itself, in their order. One that vanished must not live on another's renewals.
    pub(super) ends: Vec<u64>,
    /// What it is for, as last announced.
    pub details: ClaimDetails,
    /// How long a lease lasts from its grant or renewal.
    pub ttl_ms: u64,
    /// When the place was first asked for.
    pub created_at: u64,
    /// When the last handle ends: the end of the lease, or until when a waiter counts as alive.
    pub expires_at: u64,
}

/// The entry that holds the row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lease {
    /// Who holds, and what for.
    pub entry: Entry,
    /// Sent with every write under the lease.
    pub token: FencingToken,
    /// When the lease was granted.
    pub granted_at: u64,
    /// How far the log reached then. Later deltas of the row are the holder's own.
    pub granted_head: SyncId,
    /// A write under the lease was accepted.
    #[serde(default)]
    pub committed: bool,
}

impl RowClaims {
    /// Nothing held and nobody waiting, on a row whose tokens begin after this one.
    #[must_use]
    pub fn beyond(token: FencingToken) -> Self {
        Self { last_token: token, ..Self::default() }
    }

    /// The token of the last grant; zero before the first.
    #[must_use]
    pub fn last_token(&self) -> FencingToken {
        self.last_token
    }

    /// Who holds the row, if someone did at the last step. It may have run out since: compare
    /// [`Entry::expires_at`] or let [`RowClaims::tick`] do it.
    #[must_use]
    pub fn lease(&self) -> Option<&Lease> {
        self.lease.as_ref()
    }

    /// Who waits, first in line first.
    #[must_use]
    pub fn queue(&self) -> &[Entry] {
        &self.queue
    }

    /// When [`RowClaims::tick`] has something to do next; `None` while nobody holds or waits.
    #[must_use]
    pub fn next_due(&self) -> Option<u64> {
        self.entries().flat_map(|entry| &entry.ends).min().copied()
    }

    /// Forgets who waits: their connections ended without a word. Whoever still wants the row asks again.
    pub fn forget_line(&mut self) {
        self.queue.clear();
    }

    /// The holder, then who waits.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.lease.iter().map(|lease| &lease.entry).chain(&self.queue)
    }

    /// How many claims there are, each handle for itself.
    #[must_use]
    pub fn handle_count(&self) -> usize {
        self.entries().map(|entry| entry.handles.len()).sum()
    }

    /// What a participant has on the row: its lease, or else its first place in line. A caller that names no handle
    /// (HTTP has none to name) goes on under this one's.
    #[must_use]
    pub fn entry_of(&self, participant: &ParticipantRef) -> Option<&Entry> {
        self.entries().find(|entry| entry.participant == *participant)
    }
}

impl Lease {
    /// The lease as its holder sees it.
    #[must_use]
    pub fn grant(&self) -> Grant {
        Grant { token: self.token, expires_at: self.entry.expires_at, granted_head: self.granted_head }
    }

    /// The lease as others see it.
    #[must_use]
    pub fn holder(&self) -> Holder {
        Holder {
            participant: self.entry.participant.clone(),
            claim: self.entry.id().clone(),
            expires_at: self.entry.expires_at,
        }
    }
}

impl Entry {
    /// The handle by which others know the entry: the oldest.
    #[must_use]
    pub fn id(&self) -> &ClaimId {
        &self.handles[0]
    }

    /// Whether the place has not run out.
    #[must_use]
    pub fn alive(&self, now: u64) -> bool {
        now < self.expires_at
    }

    /// Whether it is the participant's, and the handle (any, when absent) one of its own.
    pub(super) fn is(&self, participant: &ParticipantRef, claim: Option<&ClaimId>) -> bool {
        self.participant == *participant && claim.is_none_or(|claim| self.handles.contains(claim))
    }

    /// Takes an announcement in: a new handle, or one that is there. It never shortens anything.
    pub(super) fn announce(&mut self, wish: &Acquire, ttl_ms: u64, until: u64) {
        if !self.handles.contains(&wish.claim) {
            self.handles.push(wish.claim.clone());
            self.ends.push(until);
        }
        self.details = wish.details.clone();
        self.ttl_ms = self.ttl_ms.max(ttl_ms);
        self.extend(Some(&wish.claim), until);
    }

    /// Lets a handle (all, when absent) end no earlier than this. The answer is when it ends.
    pub(super) fn extend(&mut self, claim: Option<&ClaimId>, until: u64) -> u64 {
        let mut end = 0;
        for (handle, own) in self.handles.iter().zip(&mut self.ends) {
            if claim.is_none_or(|claim| claim == handle) {
                *own = until.max(*own);
                end = end.max(*own);
            }
        }
        self.expires_at = self.expires_at.max(end);
        end
    }

    /// Takes the handle (all, when absent) off and returns what came off.
    pub(super) fn detach(&mut self, claim: Option<&ClaimId>) -> Vec<ClaimId> {
        self.take(|handle, _| claim.is_none_or(|claim| claim == handle))
    }

    /// Takes the handles off that have run out and returns them.
    pub(super) fn lapse(&mut self, now: u64) -> Vec<ClaimId> {
        self.take(|_, end| end <= now)
    }

    fn take(&mut self, goes: impl Fn(&ClaimId, u64) -> bool) -> Vec<ClaimId> {
        let places = self.handles.drain(..).zip(self.ends.drain(..));
        let (off, stay): (Vec<_>, Vec<_>) = places.partition(|(handle, end)| goes(handle, *end));
        (self.handles, self.ends) = stay.into_iter().unzip();
        if let Some(last) = self.ends.iter().max() {
            self.expires_at = *last;
        }
        off.into_iter().map(|(handle, _)| handle).collect()
    }
}
