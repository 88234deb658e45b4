use std::collections::BTreeMap;
use std::time::Duration;

use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::{KeyEnv, OrganizationId};
use serde::{Deserialize, Deserializer};

use super::fetch::is_private_enough;
use super::ring::read_keys;

/// An identity provider whose tokens are taken as people's credentials.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedIssuer {
    /// Its `iss`, letter by letter.
    pub issuer: String,
    /// Tokens have to be meant for one of these. None of them means that no token works.
    pub audiences: Vec<String>,
    /// Its public keys.
    pub keys: IssuerKeys,
    /// Whose data its people act on.
    pub organization: IssuerOrganization,
    /// Whether they act on live data or on test data.
    #[serde(rename = "test", default = "live", deserialize_with = "test_or_live")]
    pub env: KeyEnv,
    /// The claim that names the person, usually `sub`.
    #[serde(default = "subject")]
    pub user_claim: String,
    /// Further members of the identity that the schema's identity roles read, and the claim each comes from.
    #[serde(default)]
    pub identity: BTreeMap<String, String>,
    /// What its people may do, as `model.operation`; everything their groups allow when absent.
    #[serde(default)]
    pub operations: Option<Vec<String>>,
    /// How far the clocks of the issuer and of this server may be apart.
    #[serde(rename = "leeway_seconds", default = "half_a_minute", deserialize_with = "seconds")]
    pub leeway: Duration,
}

/// Where an issuer's public keys come from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IssuerKeys {
    /// A JSON Web Key Set, as text.
    Inline(String),
    /// The address of one. It is asked again when a token names a key that is not known, and once an hour.
    Url(String),
}

/// Whose data an issuer's people act on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IssuerOrganization {
    /// Always this organization's.
    Fixed(String),
    /// The organization this claim names: the issuer decides, for every organization there is.
    Claim(String),
}

impl TrustedIssuer {
    /// An issuer of one organization's people, on live data.
    #[must_use]
    pub fn new(issuer: &str, audience: &str, keys: IssuerKeys, organization: IssuerOrganization) -> Self {
        Self {
            issuer: issuer.to_owned(),
            audiences: vec![audience.to_owned()],
            keys,
            organization,
            env: live(),
            user_claim: subject(),
            identity: BTreeMap::new(),
            operations: None,
            leeway: half_a_minute(),
        }
    }

    /// The issuers a JSON document lists: an array of objects with the members `issuer`, `audiences`, `keys`
    /// (`{"inline": text}` or `{"url": address}`), `organization` (`{"fixed": name}` or `{"claim": name}`) and, if need be,
    /// `test`, `user_claim`, `identity`, `operations` and `leeway_seconds`.
    ///
    /// # Errors
    /// `invalid_json` when it is no such document; as [`TrustedIssuer::check`] when one of them could never work.
    pub fn read(document: &str) -> Result<Vec<Self>, AbloError> {
        let issuers: Vec<Self> = serde_json::from_str(document).map_err(|error| {
            AbloError::new(Code::InvalidJson, format!("The list of trusted issuers cannot be read: {error}."))
                .param("issuers")
        })?;
        issuers.iter().try_for_each(Self::check)?;
        Ok(issuers)
    }

    /// Whether tokens of this issuer could ever work.
    ///
    /// # Errors
    /// `invalid_request` with the setting that has to change.
    pub fn check(&self) -> Result<(), AbloError> {
        let wrong = |setting: &str, message: &str| {
            let message = format!("The trusted issuer `{}`: {message}", self.issuer);
            Err(AbloError::new(Code::InvalidRequest, message).param(setting))
        };
        if self.issuer.is_empty() {
            return wrong("issuer", "name it as its tokens do in `iss`.");
        }
        if self.audiences.iter().all(String::is_empty) {
            return wrong("audiences", "name the audience its tokens are meant for.");
        }
        if let IssuerOrganization::Fixed(name) = &self.organization
            && !OrganizationId::is_name(name)
        {
            return wrong("organization", "its organization is not a name; leave out `#`.");
        }
        match &self.keys {
            IssuerKeys::Inline(text) if read_keys(text).is_none_or(|keys| keys.is_empty()) => {
                wrong("keys", "its keys are not a JSON Web Key Set with usable public keys.")
            }
            IssuerKeys::Url(url) if !is_private_enough(url) => {
                wrong("keys", "the address of its keys has to begin with `https://`.")
            }
            _ => Ok(()),
        }
    }
}

fn live() -> KeyEnv {
    KeyEnv::Live
}

fn subject() -> String {
    "sub".to_owned()
}

fn half_a_minute() -> Duration {
    Duration::from_secs(30)
}

fn test_or_live<'de, D: Deserializer<'de>>(deserializer: D) -> Result<KeyEnv, D::Error> {
    Ok(if bool::deserialize(deserializer)? { KeyEnv::Test } else { KeyEnv::Live })
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u32::deserialize(deserializer).map(|seconds| Duration::from_secs(seconds.into()))
}
