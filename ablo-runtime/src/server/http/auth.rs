use ablo_schema::error::AbloError;
use ablo_schema::time::Timestamp;
use ablo_schema::wire::{
    ApiKey, CapabilityDeleted, CapabilityGrant, CapabilityObject, CapabilityRequest, CapabilityScope, CapabilityStatus,
    Group, Identity, KeyKind, OrganizationId, RotateRequest, RotatedFrom,
};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};

use super::caller::{self, Caller};
use super::failure::Failure;
use super::input::BodyText;
use crate::server::auth::{self, Credential, DEFAULT_GROUP, Status};
use crate::server::state::Shared;
use crate::server::ws::Owner;
use std::time::Duration;

/// `POST /auth/capability`: a session for whom the backend names, or the presented session again.
pub async fn exchange(
    State(server): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: BodyText,
) -> Result<Json<CapabilityGrant>, Failure> {
    let mint = auth::exchange(&server.schema, &caller.credential, body.read()?)?;
    if let Some(Ok(key)) = caller::bearer(&headers).map(ApiKey::parse)
        && auth::is_itself(&caller.credential, &mint, server.book.now())
    {
        return Ok(Json(grant(&server, &key, &caller.credential)));
    }
    let (key, credential) = server.book.mint(mint)?;
    Ok(Json(grant(&server, &key, &credential)))
}

/// `POST /v1/capabilities`.
pub async fn create(
    State(server): State<Shared>,
    caller: Caller,
    body: BodyText,
) -> Result<Json<CapabilityGrant>, Failure> {
    let mut asked: CapabilityRequest = body.read()?;
    // What a session hands on it must have itself, now.
    if caller.credential.kind != KeyKind::Secret {
        let access = caller.session.access().await?.0;
        if let Some(groups) = &mut asked.sync_groups {
            groups
                .retain(|group| group == DEFAULT_GROUP || Group::parse(group).is_ok_and(|group| access.sees(&[group])));
        }
    }
    let (key, credential) = server.book.mint(auth::mint_capability(&server.schema, &caller.credential, asked)?)?;
    let mut grant = grant(&server, &key, &credential);
    grant.id = Some(grant.capability_id.clone());
    grant.object = Some("capability".to_owned());
    Ok(Json(grant))
}

/// `GET /v1/capabilities/{id}`.
pub async fn read(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<CapabilityObject>, Failure> {
    let credential = owned(&server, &caller, &id)?;
    Ok(Json(CapabilityObject {
        id: credential.id.as_str().into(),
        organization_id: credential.organization.as_str().into(),
        participant_kind: credential.participant.kind,
        participant_id: credential.participant.id.clone(),
        label: credential.label.clone(),
        status: match credential.status(server.book.now()) {
            Status::Active => CapabilityStatus::Active,
            Status::Expired => CapabilityStatus::Expired,
            Status::Revoked => CapabilityStatus::Revoked,
        },
        issued_at: whole_millis(credential.issued_at),
        expires_at: whole_millis(credential.expires_at.unwrap_or(Timestamp::MAX)),
        revoked_at: credential.revoked_at.map(whole_millis),
        last_used_at: server.book.last_used(&credential.id).map(whole_millis),
        operations: credential.listed_operations(),
        sync_groups: server.listed_groups(&credential),
    }))
}

/// `DELETE /v1/capabilities/{id}`.
pub async fn revoke(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<CapabilityDeleted>, Failure> {
    let credential = owned(&server, &caller, &id)?;
    let closed = server.slots.taken(&Owner::Credential(credential.id.clone()));
    server.book.revoke(&credential.id)?;
    Ok(Json(CapabilityDeleted { id: id.into(), deleted: true, active_sessions_closed: Some(closed as u64) }))
}

/// `POST /v1/capabilities/{id}/rotate`.
pub async fn rotate(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    body: BodyText,
) -> Result<Json<CapabilityGrant>, Failure> {
    let asked: RotateRequest = body.read()?;
    let old = owned(&server, &caller, &id)?;
    let grace = Duration::from_secs(asked.grace_seconds.unwrap_or(0));
    // A session gives itself, and what it made, no longer life than it has.
    let not_after = caller.credential.expires_at.filter(|_| caller.credential.kind != KeyKind::Secret);
    let ttl = asked.ttl_seconds.map(Duration::from_secs);
    let (key, credential, end) = server.book.rotate(&old, grace, ttl, not_after)?;
    let mut grant = grant(&server, &key, &credential);
    grant.id = Some(grant.capability_id.clone());
    grant.rotated_from = Some(RotatedFrom { capability_id: id.into(), expires_at: whole_millis(end) });
    Ok(Json(grant))
}

/// `GET /auth/identity`.
pub async fn identity(State(server): State<Shared>, caller: Caller) -> Json<Identity> {
    let credential = &caller.credential;
    Json(Identity {
        participant_kind: credential.participant.kind,
        participant_id: credential.participant.id.clone(),
        account_scope: credential.organization.as_str().into(),
        sync_groups: server.listed_groups(credential),
        user_meta: credential.user_meta.clone(),
    })
}

/// `HEAD` and `GET /auth/check`: reached only with a credential that works.
pub async fn check() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// A capability the caller may look after: any of its organization with a secret key, else its own and what was made from it.
fn owned(server: &Shared, caller: &Caller, id: &str) -> Result<std::sync::Arc<Credential>, AbloError> {
    let found = server.book.find_in(&caller.credential.space(), id)?;
    let own = found.id == caller.credential.id || found.parent.as_ref() == Some(&caller.credential.id);
    if own || caller.credential.kind == KeyKind::Secret {
        return Ok(found);
    }
    // Nothing is said about what is not the caller's.
    server.book.find_in(&OrganizationId::default(), id)
}

fn grant(server: &Shared, key: &ApiKey, credential: &Credential) -> CapabilityGrant {
    CapabilityGrant {
        id: None,
        object: None,
        capability_id: credential.id.as_str().into(),
        token: key.secret().to_owned(),
        expires_at: whole_millis(credential.expires_at.unwrap_or(Timestamp::MAX)),
        organization_id: credential.organization.as_str().into(),
        scope: CapabilityScope {
            organization_id: credential.organization.as_str().into(),
            sync_groups: server.listed_groups(credential),
            operations: credential.listed_operations(),
            participant_kind: credential.participant.kind,
            participant_id: credential.participant.id.clone(),
        },
        user_meta: credential.user_meta.clone(),
        rotated_from: None,
    }
}

/// The same instant as clients keep it.
pub(super) fn whole_millis(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}
