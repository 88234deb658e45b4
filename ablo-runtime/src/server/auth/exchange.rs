use std::time::Duration;

use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::ValidSchema;
use ablo_schema::time::Timestamp;
use ablo_schema::wire::{CapabilityRequest, KeyKind, ParticipantKind, ParticipantRef};

use super::book::later;
use super::{Credential, DEFAULT_GROUP, Mint};

/// Longest life of a minted session or capability.
pub(super) const MAX_TTL: Duration = Duration::from_secs(30 * 24 * 3600);
/// Life of a session when none is asked for, in seconds.
const SESSION_TTL: u64 = 900;
/// Life of a capability when none is asked for, in seconds.
const CAPABILITY_TTL: u64 = 600;

/// How long what is asked for lives.
fn ttl(asked: &CapabilityRequest, default: u64) -> Duration {
    Duration::from_secs(asked.ttl_seconds.unwrap_or(default)).clamp(Duration::from_secs(1), MAX_TTL)
}

/// What a presented key gets from `/auth/capability`: a session of the participant asked for when it is a secret key,
/// a session of its own participant, never wider, when it is a session itself.
///
/// # Errors
/// `capability_scope_denied` for publishable keys.
pub fn exchange(schema: &ValidSchema, by: &Credential, asked: CapabilityRequest) -> Result<Mint, AbloError> {
    match by.kind {
        KeyKind::Secret => Ok(session(by, asked)),
        KeyKind::Restricted | KeyKind::Ephemeral => Ok(own_session(schema, by, &asked)),
        KeyKind::Publishable => Err(AbloError::new(
            Code::CapabilityScopeDenied,
            "A publishable key mints nothing; use a secret key on your backend.",
        )),
    }
}

/// What `/v1/capabilities` makes.
///
/// # Errors
/// `invalid_participant_kind`, `narrow_scope_required`, `wide_scope_forbidden`, `capability_scope_denied`.
pub fn mint_capability(schema: &ValidSchema, by: &Credential, mut asked: CapabilityRequest) -> Result<Mint, AbloError> {
    if asked.participant_kind == Some(ParticipantKind::User) {
        return Err(AbloError::new(
            Code::InvalidParticipantKind,
            "A capability is for an agent or a system; make sessions of people with `sessions.create`.",
        ));
    }
    if by.kind == KeyKind::Publishable {
        return Err(AbloError::new(Code::CapabilityScopeDenied, "A publishable key mints nothing."));
    }
    let wide = asked.wide_scope == Some(true);
    if wide && by.kind != KeyKind::Secret {
        return Err(AbloError::new(Code::WideScopeForbidden, "Only a secret key mints capabilities without limits."));
    }
    if !wide && asked.sync_groups.as_ref().is_none_or(Vec::is_empty) {
        return Err(AbloError::new(
            Code::NarrowScopeRequired,
            "Name the `syncGroups` the capability is for, or ask for `wideScope` with a secret key.",
        ));
    }
    asked.participant_kind = Some(asked.participant_kind.unwrap_or(ParticipantKind::Agent));
    asked.ttl_seconds = Some(asked.ttl_seconds.unwrap_or(CAPABILITY_TTL));
    let mut mint = session(by, asked);
    if by.kind != KeyKind::Secret {
        // A session hands on at most what it has itself.
        mint.operations = narrower_operations(schema, by, mint.operations);
        mint.groups = narrower_groups(by, mint.groups);
        mint.is_given_groups = by.is_given_groups;
        mint.user_meta = by.user_meta.clone();
        mint.not_after = by.expires_at;
        mint.on_behalf_of = Some(by.on_behalf_of.clone().unwrap_or_else(|| by.participant.clone()));
    }
    Ok(mint)
}

/// A session made with the organization's full authority.
fn session(by: &Credential, asked: CapabilityRequest) -> Mint {
    let kind = asked.participant_kind.unwrap_or(ParticipantKind::System);
    let ttl = ttl(&asked, SESSION_TTL);
    let id = asked.participant_id.map_or_else(|| unnamed(by, kind), |id| id.to_string());
    let key = if kind == ParticipantKind::User { KeyKind::Ephemeral } else { KeyKind::Restricted };
    let groups = asked.sync_groups.filter(|groups| !groups.is_empty());
    // Whoever was named none must not find that it may name them itself later.
    let is_given_groups = by.kind == KeyKind::Secret && kind == ParticipantKind::Agent && groups.is_some();
    Mint {
        operations: asked.operations.filter(|operations| !operations.iter().any(|operation| operation == "*")),
        groups,
        is_given_groups,
        user_meta: asked.user_meta.unwrap_or_default(),
        label: asked.label,
        parent: Some(by.id.clone()),
        ttl: Some(ttl),
        not_after: by.expires_at,
        ..Mint::new(key, by.env, &by.organization, ParticipantRef { kind, id: id.into() })
    }
}

/// The participant of a backend that does not name one: the same for one key, so that a refreshed session keeps what
/// the one before it held.
fn unnamed(by: &Credential, kind: ParticipantKind) -> String {
    let tail = by.id.rsplit('_').next().unwrap_or(&by.id);
    let tail = tail.get(..12).unwrap_or(tail);
    match kind {
        ParticipantKind::System if by.kind == KeyKind::Secret => by.participant.id.to_string(),
        ParticipantKind::System => format!("sys_{tail}"),
        ParticipantKind::Agent => format!("agent_{tail}"),
        ParticipantKind::User => format!("user_{tail}"),
    }
}

/// The same participant again: what documentation tells agents to do with a session token, and what renews it.
fn own_session(schema: &ValidSchema, by: &Credential, asked: &CapabilityRequest) -> Mint {
    Mint {
        on_behalf_of: by.on_behalf_of.clone(),
        operations: narrower_operations(schema, by, asked.operations.clone()),
        groups: narrower_groups(by, asked.sync_groups.clone().filter(|groups| !groups.is_empty())),
        is_given_groups: by.is_given_groups,
        user_meta: by.user_meta.clone(),
        label: by.label.clone(),
        parent: Some(by.id.clone()),
        ttl: Some(ttl(asked, SESSION_TTL)),
        not_after: by.expires_at,
        ..Mint::new(by.kind, by.env, &by.organization, by.participant.clone())
    }
}

/// The operations that are both had and asked for, spelled as asked; models may be spelled in any way.
fn narrower_operations(schema: &ValidSchema, by: &Credential, asked: Option<Vec<String>>) -> Option<Vec<String>> {
    let canonical = |operation: &str| {
        let (model, action) = operation.rsplit_once('.')?;
        Some((schema.resolve(model)?.index(), action.to_lowercase()))
    };
    let same = |a: &str, b: &str| a == b || canonical(a).is_some_and(|a| canonical(b) == Some(a));
    narrower(by.operations.as_deref(), asked, "*", same)
}

/// The groups that are both had and asked for.
fn narrower_groups(by: &Credential, asked: Option<Vec<String>>) -> Option<Vec<String>> {
    narrower(by.groups.as_deref(), asked, DEFAULT_GROUP, |a, b| a == b)
}

/// Whether a session that asked for itself would get nothing but another name for the same. Clients renew a session that
/// was given to them as a key again and again once it is about to end, and every time would leave one more behind.
#[must_use]
pub fn is_itself(by: &Credential, mint: &Mint, now: Timestamp) -> bool {
    let lives_as_long = by.expires_at.is_some_and(|end| mint.ttl.is_none_or(|ttl| later(now, ttl) >= end));
    mint.kind == by.kind && mint.operations == by.operations && mint.groups == by.groups && lives_as_long
}

/// What is both had and asked for; `None` is everything, and `all` asks for whatever is had.
fn narrower(
    had: Option<&[String]>,
    asked: Option<Vec<String>>,
    all: &str,
    same: impl Fn(&str, &str) -> bool,
) -> Option<Vec<String>> {
    match (had, asked) {
        (None, asked) => asked,
        (Some(had), None) => Some(had.to_vec()),
        (Some(had), Some(asked)) if asked.iter().any(|item| item == all) => Some(had.to_vec()),
        (Some(had), Some(asked)) => {
            Some(asked.into_iter().filter(|item| had.iter().any(|had| same(had, item))).collect())
        }
    }
}
