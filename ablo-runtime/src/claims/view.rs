use ablo_schema::time::Timestamp;
use ablo_schema::wire::{HolderKind, IntentObject, IntentStatus, IntentTarget, ParticipantKind, intent_word};

use super::{Entry, RowClaims};

impl RowClaims {
    /// The lease as every reader of claims is shown it. `model` is the schema key, which is what readers match on.
    #[must_use]
    pub fn state_object(&self, model: &str, id: &str) -> Option<IntentObject> {
        self.lease().map(|lease| lease.entry.object(model, id, None))
    }

    /// The line, without the holder.
    #[must_use]
    pub fn queue_objects(&self, model: &str, id: &str) -> Vec<IntentObject> {
        (0..).zip(self.queue()).map(|(position, entry)| entry.object(model, id, Some(position))).collect()
    }
}

impl Entry {
    /// The entry as every reader of claims is shown it; `position` is its place in line, `None` for the holder.
    #[must_use]
    pub fn object(&self, model: &str, id: &str, position: Option<u64>) -> IntentObject {
        let details = &self.details;
        IntentObject {
            object: intent_word(),
            id: self.id().clone(),
            status: if position.is_some() { IntentStatus::Queued } else { IntentStatus::Active },
            target: IntentTarget {
                kind: model.to_owned(),
                model: Some(model.to_owned()),
                id: id.to_owned(),
                field: details.field.clone(),
                path: details.path.clone(),
                range: details.range,
                meta: details.meta.clone(),
            },
            action: details.action.clone(),
            description: details.description.clone(),
            field: details.field.clone(),
            held_by: self.participant.id.clone(),
            actor: Some(self.participant.id.clone()),
            participant_kind: match self.participant.kind {
                ParticipantKind::Agent => HolderKind::Agent,
                ParticipantKind::User | ParticipantKind::System => HolderKind::Human,
            },
            meta: details.meta.clone(),
            created_at: Some(self.created_at.to_string()),
            expires_at: i64::try_from(self.expires_at)
                .ok()
                .and_then(|at| Timestamp::from_millisecond(at).ok())
                .map(|at| format!("{at:.3}")),
            position,
        }
    }
}
