//! What refused requests are told.

use ablo_schema::error::{AbloError, Code, ErrorCode};
use ablo_schema::ir::ModelRef;
use ablo_schema::wire::{FencingToken, Group};
use serde_json::json;

use crate::claims::{Holder, Refusal};

pub(super) fn internal(error: serde_json::Error) -> AbloError {
    AbloError::new(Code::InternalError, format!("a value of the row is not JSON: {error}"))
}

pub(super) fn not_found(model: ModelRef<'_>, id: &str) -> AbloError {
    AbloError::new(Code::EntityNotFound, format!("there is no `{}` `{id}`", model.key()))
        .param(format!("{}.id", model.key()))
}

pub(super) fn operation_denied(model: ModelRef<'_>, operation: &str) -> AbloError {
    let scope = format!("{}.{operation}", model.key().to_lowercase());
    let message = format!("the credential does not allow `{scope}`; ask for one that does");
    AbloError::new(Code::CapabilityScopeDenied, message)
        .param(model.key())
        .detail("requiredCapability", json!({ "scope": scope }))
}

pub(super) fn scope_denied(model: ModelRef<'_>, groups: &[Group]) -> AbloError {
    let message = format!("the row of `{}` would be in none of the participant's groups", model.key());
    AbloError::new(Code::CapabilityScopeDenied, message)
        .param(model.key())
        .detail("requiredCapability", json!({ "scope": "subscribe", "constraints": { "syncGroup": groups } }))
}

pub(super) fn held(model: ModelRef<'_>, id: &str, holder: &Holder, reason: Option<String>) -> AbloError {
    let code = reason.map_or(ErrorCode::Known(Code::EntityClaimed), |reason| ErrorCode::policy(&reason));
    let who = &holder.participant;
    let message = format!("`{}` `{id}` is claimed by {} `{}`; wait for it", model.key(), who.kind.as_str(), who.id);
    with_holder(AbloError::new(code, message).param(model.key()), holder)
}

fn with_holder(error: AbloError, holder: &Holder) -> AbloError {
    error
        .detail("heldBy", &holder.participant.id)
        .detail("heldByKind", holder.participant.kind)
        .detail("heldByIntentId", &holder.claim)
        .detail("heldByExpiresAt", holder.expires_at)
}

pub(super) fn lost(model: ModelRef<'_>, id: &str, token: Option<FencingToken>, last: FencingToken) -> AbloError {
    let code = if token.is_some() { Code::StaleToken } else { Code::ClaimLost };
    let message =
        format!("the claim on `{}` `{id}` has passed on (its last token is {last}); claim the row again", model.key());
    AbloError::new(code, message).param(model.key())
}

/// The error of a claim that was refused, for those who answer with errors.
#[must_use]
pub fn claim_refused(model: &str, id: &str, refusal: &Refusal) -> AbloError {
    match refusal {
        Refusal::Held { holder, reason } => {
            let code = reason.as_deref().map_or(ErrorCode::Known(Code::EntityClaimed), ErrorCode::policy);
            let message = format!("`{model}` `{id}` is claimed by `{}`; wait for it", holder.participant.id);
            with_holder(AbloError::new(code, message).param(model), holder)
        }
        Refusal::QueueTooDeep { position, holder } => {
            let message = format!("{position} participants wait for `{model}` `{id}` already; try again later");
            with_holder(AbloError::new(Code::QueueTooDeep, message).param(model).detail("position", position), holder)
        }
        Refusal::TooManyHandles => {
            AbloError::new(Code::InvalidIntent, format!("too many handles on `{model}` `{id}`; release some"))
                .param(model)
        }
        Refusal::Lost => {
            AbloError::new(Code::ClaimLost, format!("the claim on `{model}` `{id}` is no longer held")).param(model)
        }
        Refusal::Unauthorized => {
            AbloError::new(Code::CapabilityScopeDenied, "the credential does not allow `intent.reorder`")
                .param(model)
                .detail("requiredCapability", json!({ "scope": "intent.reorder" }))
        }
    }
}
