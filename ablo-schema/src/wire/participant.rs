use serde::{Deserialize, Serialize};

use super::ids::ParticipantId;

/// What kind of participant acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParticipantKind {
    /// A person.
    User,
    /// An AI agent.
    Agent,
    /// A server or a job.
    System,
}

impl ParticipantKind {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Agent => "agent",
            Self::System => "system",
        }
    }
}

/// A participant, by kind and id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ParticipantRef {
    /// Its kind.
    pub kind: ParticipantKind,
    /// Its id.
    pub id: ParticipantId,
}
