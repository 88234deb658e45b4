use ablo_schema::error::{AbloError, Code};
use ablo_schema::time::{SignedDuration, Timestamp};
use ablo_schema::wire::{KeyKind, OrganizationId, ParticipantKind, ParticipantRef};
use serde_json::{Map, Value};

use super::super::{Mint, sha256_hex};
use super::issuer::{IssuerOrganization, TrustedIssuer};

/// Who a token whose signature is good speaks for.
pub(super) fn person(issuer: &TrustedIssuer, claims: &Map<String, Value>, now: Timestamp) -> Result<Mint, AbloError> {
    let audience = claims.get("aud");
    let is_meant = |name: &Value| name.as_str().is_some_and(|name| issuer.audiences.iter().any(|own| own == name));
    let is_for_us = match audience {
        Some(Value::Array(names)) => names.iter().any(is_meant),
        Some(name) => is_meant(name),
        None => false,
    };
    if !is_for_us {
        return Err(Code::JwtAudienceMismatch.into());
    }
    let leeway = SignedDuration::try_from(issuer.leeway).unwrap_or(SignedDuration::ZERO);
    let Some(end) = instant(claims.get("exp")) else {
        return Err(AbloError::new(Code::JwtInvalid, "The token does not say when it ends; add the `exp` claim."));
    };
    let end = end.saturating_add(leeway).unwrap_or(Timestamp::MAX);
    if end <= now {
        return Err(Code::JwtExpired.into());
    }
    if let Some(start) = claims.get("nbf") {
        let is_begun =
            instant(Some(start)).is_some_and(|start| start.saturating_sub(leeway).unwrap_or(Timestamp::MIN) <= now);
        if !is_begun {
            return Err(AbloError::new(Code::JwtInvalid, "The token is not valid yet; see its `nbf` claim."));
        }
    }
    let text = |claim: &str| claims.get(claim).and_then(Value::as_str).filter(|text| !text.is_empty());
    let Some(user) = text(&issuer.user_claim) else { return Err(Code::JwtMissingSubject.into()) };
    let organization = match &issuer.organization {
        IssuerOrganization::Fixed(name) => Some(name.as_str()),
        IssuerOrganization::Claim(claim) => text(claim),
    };
    let Some(organization) = organization.filter(|name| OrganizationId::is_name(name)) else {
        return Err(Code::JwtMissingOrganization.into());
    };
    let members = issuer.identity.iter();
    Ok(Mint {
        operations: issuer.operations.clone(),
        user_meta: members.filter_map(|(member, claim)| Some((member.clone(), claims.get(claim)?.clone()))).collect(),
        // Tokens of one issuer take over from each other.
        parent: Some(format!("iss_{}", &sha256_hex(&issuer.issuer)[..24])),
        not_after: Some(end),
        ..Mint::new(
            KeyKind::Ephemeral,
            issuer.env,
            organization,
            ParticipantRef { kind: ParticipantKind::User, id: user.into() },
        )
    })
}

/// A time in seconds since 1970, which may have a fraction.
fn instant(claim: Option<&Value>) -> Option<Timestamp> {
    let claim = claim?;
    let seconds = claim.as_i64().or_else(|| claim.as_f64().filter(|s| s.abs() < 1e15).map(|s| s.floor() as i64))?;
    Timestamp::from_second(seconds).ok()
}
