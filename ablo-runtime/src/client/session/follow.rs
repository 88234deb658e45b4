use std::sync::Weak;

use ablo_schema::wire::{DeltaAction, StoredDelta, SyncId};

use super::{LeaseNews, Session};
use crate::{
    claims::{ClaimEvent, End},
    client::{
        replica::{Effect, Entry, Replica},
        transport::{Feed, Push},
    },
};

/// Applies what a feed says, until it or the session ends.
pub(super) async fn follow(session: Weak<Session>, mut feed: Box<dyn Feed>) {
    while let Some(push) = feed.next().await {
        let Some(session) = session.upgrade() else { return };
        match push {
            Push::Delta(entry) => session.change(|replica| apply(replica, &entry.delta)),
            // Should one of these fail, the next write or resync tries again.
            Push::Resync => {
                drop(session.catch_up(SyncId(u64::MAX)).await);
                session.resyncs.send_modify(|count| *count += 1);
            }
            Push::Bootstrap => {
                drop(session.bootstrap().await);
                session.resyncs.send_modify(|count| *count += 1);
            }
            Push::Claims(events) => {
                events.iter().for_each(|event| session.claim_event(event));
                session.claim_changes.send_modify(|count| *count += 1);
            }
        }
    }
}

impl Session {
    fn claim_event(&self, event: &ClaimEvent) {
        match event {
            ClaimEvent::Granted { claim, .. } => self.tell_lease(claim, LeaseNews::Granted),
            ClaimEvent::Ended { claim, end: End::Expired, .. } => self.tell_lease(claim, LeaseNews::Expired),
            ClaimEvent::Ended { claim, end: End::Preempted, .. } => self.tell_lease(claim, LeaseNews::Preempted),
            ClaimEvent::Ended { .. } | ClaimEvent::Renewed { .. } | ClaimEvent::QueueChanged => {}
        }
    }

    /// Counts the times that claims changed.
    pub fn claim_changes(&self) -> tokio::sync::watch::Receiver<u64> {
        self.claim_changes.subscribe()
    }

    /// Counts the times that news may have been missed.
    pub fn resyncs(&self) -> tokio::sync::watch::Receiver<u64> {
        self.resyncs.subscribe()
    }
}

/// Applies one delta.
pub(super) fn apply(replica: &mut Replica, delta: &StoredDelta) {
    let core = &delta.core;
    let effect = match (core.action, &core.data) {
        (DeltaAction::Delete, _) => Effect::Remove,
        (DeltaAction::GroupAdded | DeltaAction::GroupRemoved, _) | (_, None) => Effect::None,
        (_, Some(row)) => Effect::Put(row.clone()),
    };
    let transaction = core.transaction_id.as_ref().map(|id| id.as_str());
    replica.apply(&Entry { id: core.id.0, model: &core.model_name, row: &core.model_id, effect, transaction });
}
