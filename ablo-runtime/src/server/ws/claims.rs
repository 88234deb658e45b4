use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::{
    ClaimId, EntityTarget, IntentAbandon, IntentBegin, IntentLost, IntentRejected, IntentReorder, LossReason,
    ServerFrame,
};
use axum::extract::ws::{Message, Utf8Bytes};

use super::closing::End;
use super::connection::Connection;
use crate::claims::{Acquire, ClaimCommand, ClaimReply};
use crate::server::outbox::Grant;
use crate::server::room::named;
use crate::server::sync::outbound::RowKey;

/// What a connection holds or waits for.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// The model's schema key.
    model: String,
    /// The row.
    id: String,
    /// When it was last announced or renewed.
    renewed_at: u64,
    /// How often a sign of life renews it.
    every: u64,
}

/// A sign of life renews a claim at most this often.
const RENEW_MS: u64 = 10_000;

impl Connection {
    /// Answers `intent_begin`. Every one is answered: clients wait without end.
    pub(super) async fn begin(&mut self, begin: IntentBegin) -> Result<(), End> {
        let claim = begin.intent_id.clone();
        let (spelled, id) = (begin.entity_type.clone(), begin.entity_id.clone());
        let who = self.caller.session.participant().reference();
        let model = self.server.schema.resolve(&spelled).map(|model| model.key().to_owned());
        let waits = begin.queue == Some(true);
        let (Some(model), false) = (model, id.is_empty()) else {
            return self.refused(claim, &spelled, &id, "malformed_claim", Code::MalformedClaim.into(), waits).await;
        };
        let wish = Acquire::from(begin);
        let every = wish.ttl_ms.unwrap_or(60_000) / 4;
        self.room.spell(&who, &claim, &spelled, Some(self.id));
        let reply = self.caller.session.claim(&model, &id, ClaimCommand::Acquire(wish)).await;
        match reply {
            Ok(reply @ (ClaimReply::Granted(_) | ClaimReply::Queued { .. })) => {
                let row = (model.clone(), id.clone());
                let held =
                    Held { model, id: id.clone(), renewed_at: self.server.ticks(), every: every.clamp(250, RENEW_MS) };
                self.claims.insert(claim.clone(), held);
                match (reply.frame(&claim, &named(&spelled, &id)).map(|frame| frame.encode()), reply) {
                    (Some(Ok(text)), ClaimReply::Granted(_)) => self.tell_lease(&claim, &row, text).await,
                    (Some(Ok(text)), _) => self.send(text).await,
                    _ => Ok(()),
                }
            }
            Ok(reply) => {
                self.room.unspell(&who, &claim);
                match reply.frame(&claim, &named(&spelled, &id)) {
                    Some(ServerFrame::IntentRejected(rejected)) => {
                        self.reject(rejected, Code::ClaimConflict.into(), waits).await
                    }
                    _ => self.refused(claim, &spelled, &id, "conflict", Code::ClaimConflict.into(), waits).await,
                }
            }
            Err(error) => {
                self.room.unspell(&who, &claim);
                let reason = error.code().as_str().to_owned();
                self.refused(claim, &spelled, &id, &reason, error, waits).await
            }
        }
    }

    /// Refuses a claim.
    pub(super) async fn refused(
        &mut self,
        claim: ClaimId,
        spelled: &str,
        id: &str,
        reason: &str,
        error: AbloError,
        waits: bool,
    ) -> Result<(), End> {
        let target = EntityTarget {
            entity_type: spelled.to_owned(),
            entity_id: id.to_owned(),
            field: None,
            path: None,
            range: None,
        };
        let rejected = IntentRejected {
            intent_id: claim,
            reason: reason.to_owned(),
            target,
            held_by: None,
            held_by_intent_id: None,
            held_by_expires_at: None,
            request_id: None,
        };
        self.reject(rejected, error, waits).await
    }

    /// Refuses a claim; of a client that waits for it, it ends the wait, which the refusal alone does not.
    async fn reject(&mut self, mut rejected: IntentRejected, error: AbloError, waits: bool) -> Result<(), End> {
        let (_, id) = self.told("intent_begin", self.tally.received, error);
        rejected.request_id = Some(id);
        let (intent_id, target) = (rejected.intent_id.clone(), rejected.target.clone());
        self.send_frame(&ServerFrame::IntentRejected(rejected)).await?;
        if !waits {
            return Ok(());
        }
        let lost = IntentLost { intent_id, reason: LossReason::Expired, target };
        self.send_frame(&ServerFrame::IntentLost(lost)).await
    }

    /// Answers `intent_abandon`. What is not known (any more) is nobody's concern.
    pub(super) async fn abandon(&mut self, abandon: IntentAbandon) -> Result<(), End> {
        let held = self.forget(&abandon.intent_id).map(|held| (held.model, held.id));
        let named = abandon.entity_type.clone().zip(abandon.entity_id.clone());
        if let Some((model, id)) = held.or(named) {
            let _ = self.caller.session.claim(&model, &id, abandon.into()).await;
        }
        Ok(())
    }

    /// Answers `intent_reorder`: silently nothing when it is not allowed.
    pub(super) async fn reorder(&mut self, reorder: IntentReorder) {
        let (model, id) = (reorder.entity_type.clone(), reorder.entity_id.clone());
        let _ = self.caller.session.claim(&model, &id, reorder.into()).await;
    }

    /// A waiter of this participant was promoted. It is told once it has applied the row's latest delta.
    pub(super) async fn promoted(&mut self, grant: Grant) -> Result<(), End> {
        let Grant { claim, row, frame } = grant;
        if !self.claims.contains_key(&claim) {
            return Ok(());
        }
        self.tell_lease(&claim, &row, frame).await
    }

    /// Tells of a lease, now or when the client has caught up.
    async fn tell_lease(&mut self, claim: &ClaimId, row: &(String, String), frame: String) -> Result<(), End> {
        self.drain_events().await?;
        self.pass_on().await?;
        let typename = self.server.schema.model(&row.0).map_or(row.0.as_str(), |model| model.def().typename.as_str());
        let needs = self.out.unapplied(RowKey::of(typename, &row.1)).unwrap_or(0);
        // What happened to the row last may not have been read yet.
        let needs = if self.behind.is_behind() { u64::MAX } else { needs };
        if self.grants.began(claim.as_str(), needs, self.out.applied(), self.server.ticks()) {
            return self.send(frame).await;
        }
        self.granted.insert(claim.as_str().to_owned(), frame);
        Ok(())
    }

    /// Tells of the leases that wait no longer.
    pub(super) async fn grant(&mut self, now: u64) -> Result<(), End> {
        if !self.grants.is_waited_for() {
            return Ok(());
        }
        for intent in self.grants.due(self.out.applied(), now) {
            if let Some(frame) = self.granted.remove(&intent) {
                self.send(frame).await?;
            }
        }
        Ok(())
    }

    /// A claim of this participant ended without being given up.
    pub(super) async fn lost(&mut self, claim: &ClaimId, frame: Utf8Bytes) -> Result<(), End> {
        self.forget(claim);
        self.feed(Message::Text(frame)).await
    }

    fn forget(&mut self, claim: &ClaimId) -> Option<Held> {
        self.grants.forget(claim.as_str());
        self.granted.remove(claim.as_str());
        self.claims.remove(claim)
    }

    /// Renews what is held through this connection, now and then.
    pub(super) fn renew(&mut self) {
        let now = self.server.ticks();
        for (claim, held) in &mut self.claims {
            if now.saturating_sub(held.renewed_at) >= held.every {
                held.renewed_at = now;
                let renew = ClaimCommand::Renew { claim: Some(claim.clone()), token: None, ttl_ms: None };
                self.caller.session.claim_detached(&held.model, &held.id, renew);
            }
        }
    }

    /// The socket is gone: it waits for nothing any more, but keeps what it holds until that runs out.
    pub(super) fn disconnect(&mut self) {
        let who = self.caller.session.participant().reference();
        for (claim, held) in self.claims.drain() {
            self.room.end_waiting(&who, &claim, self.id, || {
                let gone = ClaimCommand::Disconnect { claim: Some(claim.clone()) };
                self.caller.session.claim_detached(&held.model, &held.id, gone);
            });
        }
    }
}
