use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::{PresenceEntry, PresenceList};
use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value};

use super::caller::Caller;
use super::failure::Failure;
use super::input::BodyText;
use crate::server::state::Shared;

/// `GET /presence`: who is there, for callers without a socket.
pub async fn list(State(server): State<Shared>, caller: Caller) -> Result<Json<PresenceList>, Failure> {
    let (access, _) = caller.session.access().await?;
    let present = server.room(&caller.credential.space()).present(&access, server.millis());
    let entries = present.into_iter().map(|update| PresenceEntry {
        user_id: update.user_id,
        is_agent: Some(update.is_agent),
        status: update.status,
        sync_groups: update.sync_groups,
        activity: update.activity,
        active_intents: update.active_intents,
    });
    Ok(Json(PresenceList { entries: entries.collect() }))
}

/// `POST /presence`: accepted for older callers. Who is there is known from sockets, which cannot be claimed for others.
pub async fn report(caller: Caller, body: BodyText) -> Result<Json<Value>, Failure> {
    let body: Map<String, Value> = body.read()?;
    let named = body.get("userId").and_then(Value::as_str).filter(|id| !id.is_empty());
    let Some(named) = named else {
        return Err(AbloError::new(Code::PresenceIdentityRequired, "Name the participant as `userId`.")
            .param("userId")
            .into());
    };
    let own = caller.session.participant().id.as_str();
    if named != own && named.strip_prefix("agent:") != Some(own) {
        return Err(AbloError::new(Code::CapabilityScopeDenied, "A participant reports only itself.")
            .param("userId")
            .into());
    }
    Ok(Json(serde_json::json!({ "ok": true })))
}
