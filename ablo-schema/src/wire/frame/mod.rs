//! WebSocket frames: `{"type": …, "payload": …}` as text.
//!
//! A frame is read in two passes: its head first, with the payload left as text, then the payload as what the head
//! says. Serde's tagged enums would buffer the payload, which is slower and breaks numbers when some crate of the build
//! turns on `serde_json/arbitrary_precision`.

mod client;
mod intent;
mod server;

use std::borrow::Cow;

pub use client::{BootstrapRequest, ClientFrame, Mutation, ScopeClaim, SyncRequest};
pub use intent::{
    EntityTarget, IntentAbandon, IntentBegin, IntentGrant, IntentLost, IntentQueue, IntentQueued, IntentRejected,
    IntentReorder, LossReason, RowTarget,
};
pub use server::{BootstrapChunk, ClaimAck, ServerFrame, SyncResponse};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::lenient;
use crate::error::{AbloError, Code};

/// The first pass.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

/// The second pass. The message of a failure names the frame.
fn body<'a, T: Deserialize<'a>>(kind: &str, payload: &'a str) -> Result<T, AbloError> {
    lenient::decode(payload).map_err(|error| error.param(kind))
}

/// The payload a frame must have.
fn required<'a>(kind: &str, payload: Option<&'a RawValue>) -> Result<&'a str, AbloError> {
    payload.map(RawValue::get).ok_or_else(|| {
        AbloError::new(Code::InvalidBody, format!("the frame `{kind}` has no payload; put its members there"))
            .param(kind)
    })
}

#[derive(Serialize)]
struct Frame<'a, P: ?Sized> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a P>,
}

/// The text of a frame with a payload.
fn text<P: Serialize + ?Sized>(kind: &str, payload: &P) -> serde_json::Result<String> {
    serde_json::to_string(&Frame { kind, payload: Some(payload) })
}

/// The text of a frame that is only its type.
fn bare(kind: &str) -> serde_json::Result<String> {
    serde_json::to_string(&Frame::<()> { kind, payload: None })
}
