use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::{
    ClaimId, EntityTarget, IntentAbandon, IntentBegin, IntentRejected, IntentReorder, ServerFrame,
};

use super::connection::{Connection, End};
use crate::claims::{Acquire, ClaimCommand, ClaimReply};
use crate::server::room::named;

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
        let (Some(model), false) = (model, id.is_empty()) else {
            return self.refused(claim, &spelled, &id, "malformed_claim", Code::MalformedClaim.into()).await;
        };
        let wish = Acquire::from(begin);
        let every = wish.ttl_ms.unwrap_or(60_000) / 4;
        self.room.spell(&who, &claim, &spelled);
        let reply = self.caller.session.claim(&model, &id, ClaimCommand::Acquire(wish)).await;
        match reply {
            Ok(reply @ (ClaimReply::Granted(_) | ClaimReply::Queued { .. })) => {
                let held =
                    Held { model, id: id.clone(), renewed_at: self.server.ticks(), every: every.clamp(250, RENEW_MS) };
                self.claims.insert(claim.clone(), held);
                match reply.frame(&claim, &named(&spelled, &id)).map(|frame| frame.encode()) {
                    Some(Ok(text)) => self.send(text).await,
                    _ => Ok(()),
                }
            }
            Ok(reply) => {
                self.room.unspell(&who, &claim);
                match reply.frame(&claim, &named(&spelled, &id)) {
                    Some(ServerFrame::IntentRejected(rejected)) => {
                        self.reject(rejected, Code::ClaimConflict.into()).await
                    }
                    _ => self.refused(claim, &spelled, &id, "conflict", Code::ClaimConflict.into()).await,
                }
            }
            Err(error) => {
                self.room.unspell(&who, &claim);
                let reason = error.code().as_str().to_owned();
                self.refused(claim, &spelled, &id, &reason, error).await
            }
        }
    }

    async fn refused(
        &mut self,
        claim: ClaimId,
        spelled: &str,
        id: &str,
        reason: &str,
        error: AbloError,
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
        self.reject(rejected, error).await
    }

    async fn reject(&mut self, mut rejected: IntentRejected, error: AbloError) -> Result<(), End> {
        let (_, id) = self.told("intent_begin", self.tally.received, error);
        rejected.request_id = Some(id);
        self.send_frame(&ServerFrame::IntentRejected(rejected)).await
    }

    /// Answers `intent_abandon`. What is not known (any more) is nobody's concern.
    pub(super) async fn abandon(&mut self, abandon: IntentAbandon) -> Result<(), End> {
        self.grants.forget(abandon.intent_id.as_str());
        self.granted.remove(abandon.intent_id.as_str());
        let held = self.claims.remove(&abandon.intent_id).map(|held| (held.model, held.id));
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
    pub(super) async fn promoted(&mut self, claim: &ClaimId, row: &(String, String), frame: String) -> Result<(), End> {
        if !self.claims.contains_key(claim) {
            return Ok(());
        }
        self.drain_events().await?;
        self.flush().await?;
        let typename = self.server.schema.model(&row.0).map_or(row.0.as_str(), |model| model.def().typename.as_str());
        let key = (typename.into(), row.1.as_str().into());
        let needs = self.out.unapplied(&key).unwrap_or(0);
        if self.grants.promoted(claim.as_str(), needs, self.acked, self.server.ticks()) {
            return self.send(frame).await;
        }
        self.granted.insert(claim.as_str().to_owned(), frame);
        Ok(())
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
        for (claim, held) in self.claims.drain() {
            let gone = ClaimCommand::Disconnect { claim: Some(claim) };
            self.caller.session.claim_detached(&held.model, &held.id, gone);
        }
    }
}
