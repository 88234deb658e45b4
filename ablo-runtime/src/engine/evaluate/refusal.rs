//! What refused requests are told.

use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::ModelRef;
use ablo_schema::wire::Group;
use serde_json::json;

pub(super) fn internal(error: serde_json::Error) -> AbloError {
    AbloError::new(Code::InternalError, format!("a value of the row is not JSON: {error}"))
}

pub(super) fn not_found(model: ModelRef<'_>, id: &str) -> AbloError {
    AbloError::new(Code::EntityNotFound, format!("there is no `{}` `{id}`", model.key()))
        .param(format!("{}.id", model.key()))
}

/// The right is named by the caller's own word for the model.
pub(super) fn operation_denied(model: ModelRef<'_>, named: &str, operation: &str) -> AbloError {
    let scope = format!("{}.{operation}", named.to_lowercase());
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
