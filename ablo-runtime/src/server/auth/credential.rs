use std::collections::BTreeMap;

use ablo_schema::time::Timestamp;
use ablo_schema::wire::{Group, KeyEnv, KeyKind, OrganizationId, ParticipantKind, ParticipantRef};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::engine::{Operations, Participant};

/// What stands behind a key: who acts, where, and how far. The key itself is not in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// Its public id, `cap_…` or `key_…`.
    pub id: String,
    /// The prefix of its key, `sk`, `rk`, `ek` or `pk`.
    #[serde(with = "kind_text")]
    pub kind: KeyKind,
    /// Whether it belongs to live or test data.
    #[serde(with = "env_text")]
    pub env: KeyEnv,
    /// Whose data.
    pub organization: String,
    /// Who acts.
    pub participant: ParticipantRef,
    /// For whom, when an agent's session was made by a person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<ParticipantRef>,
    /// The operations it is narrowed to, as asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operations: Option<Vec<String>>,
    /// The groups it is narrowed to, as asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// Its groups are its own, whatever its identity gives: an agent is in those that a secret key named for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_given_groups: bool,
    /// What the minting backend said about the participant; its members are part of the identity.
    #[serde(default)]
    pub user_meta: Map<String, Value>,
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The first characters of the key.
    pub display: String,
    /// The credential it was made from. Revoking that one revokes this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// When it was made.
    pub issued_at: Timestamp,
    /// When it ends; never, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

/// Whether a credential still works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It does.
    Active,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

impl Status {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// The group that stands for whatever the participant's identity gives.
pub const DEFAULT_GROUP: &str = "default";

impl Credential {
    /// Whether it works at this time.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> Status {
        match (self.revoked_at, self.expires_at) {
            (Some(_), _) => Status::Revoked,
            (None, Some(end)) if end <= now => Status::Expired,
            _ => Status::Active,
        }
    }

    /// Since when it can work no more, whatever is forgotten about it; `None` when it may work yet. A revocation lasts
    /// until the time is over that the credential had.
    #[must_use]
    pub fn over_since(&self) -> Option<Timestamp> {
        [self.revoked_at, self.expires_at].into_iter().flatten().max()
    }

    /// Where its rows are: test keys and live keys of one organization do not meet.
    #[must_use]
    pub fn space(&self) -> OrganizationId {
        let organization = OrganizationId::from(self.organization.as_str());
        match self.env {
            KeyEnv::Live => organization,
            KeyEnv::Test => organization.test_space(),
        }
    }

    /// What identity roles read: what the backend said, then what we know ourselves.
    #[must_use]
    pub fn identity(&self) -> BTreeMap<String, Value> {
        let mut identity: BTreeMap<String, Value> =
            self.user_meta.iter().map(|(member, value)| (member.clone(), value.clone())).collect();
        identity.insert("organizationId".into(), self.organization.as_str().into());
        let member = match self.participant.kind {
            ParticipantKind::User => "userId",
            ParticipantKind::Agent => "agentId",
            ParticipantKind::System => "systemId",
        };
        // What the backend said about a participant cannot make it another one.
        for other in ["userId", "agentId", "systemId"] {
            identity.remove(other);
        }
        identity.insert(member.into(), self.participant.id.as_str().into());
        identity
    }

    /// The participant the engine acts for. `own_groups` is what the identity alone gives.
    #[must_use]
    pub fn participant(&self, own_groups: &[Group]) -> Participant {
        let mut participant = Participant::system(self.space(), self.participant.id.as_str());
        participant.kind = self.participant.kind;
        participant.on_behalf_of.clone_from(&self.on_behalf_of);
        participant.capability_id = Some(self.id.as_str().into());
        participant.operations = self.allowed();
        participant.identity = self.identity();
        participant.groups = self.groups.as_ref().map(|asked| {
            let (defaults, named): (Vec<_>, Vec<_>) = asked.iter().partition(|group| *group == DEFAULT_GROUP);
            let named = Group::among(named.into_iter().map(String::as_str));
            let base = if defaults.is_empty() { &[] } else { own_groups };
            named.into_iter().chain(base.iter().cloned()).collect()
        });
        if let (true, Some(groups)) = (self.is_given_groups, &participant.groups) {
            participant.lent.clone_from(groups);
        }
        participant
    }

    fn allowed(&self) -> Operations {
        self.operations
            .as_ref()
            .map_or(Operations::All, |operations| Operations::allow(operations.iter().map(String::as_str)))
    }

    /// The operations as a response lists them.
    #[must_use]
    pub fn listed_operations(&self) -> Vec<String> {
        match (&self.operations, self.kind) {
            (Some(operations), _) => operations.clone(),
            (None, KeyKind::Publishable) => vec!["*.read".into()],
            (None, _) => vec!["*".into()],
        }
    }
}

mod kind_text {
    use ablo_schema::wire::KeyKind;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(kind: &KeyKind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(kind.as_str())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<KeyKind, D::Error> {
        let text = String::deserialize(deserializer)?;
        [KeyKind::Secret, KeyKind::Restricted, KeyKind::Ephemeral, KeyKind::Publishable]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| D::Error::custom("not a kind of key"))
    }
}

mod env_text {
    use ablo_schema::wire::KeyEnv;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(env: &KeyEnv, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(env.as_str())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<KeyEnv, D::Error> {
        let text = String::deserialize(deserializer)?;
        [KeyEnv::Live, KeyEnv::Test]
            .into_iter()
            .find(|env| env.as_str() == text)
            .ok_or_else(|| D::Error::custom("neither live nor test"))
    }
}
