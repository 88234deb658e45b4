use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ids::{ClaimId, ParticipantId};

/// Lines of a text, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LineRange {
    /// The first line.
    pub start_line: u64,
    /// The last line.
    pub end_line: u64,
    /// The first column of the first line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_column: Option<u64>,
    /// The last column of the last line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_column: Option<u64>,
}

/// The part of a row a claim is about; nothing set is the whole row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Narrowing {
    /// One field.
    pub field: Option<String>,
    /// A place inside a value.
    pub path: Option<String>,
    /// Lines of a text.
    pub range: Option<LineRange>,
}

/// A row, and the part of it, that a claim is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClaimTarget {
    /// The model exactly as the claimant spelled it; peers match on it.
    pub entity_type: String,
    /// The row.
    pub entity_id: String,
    /// The part.
    pub narrowing: Narrowing,
}

impl ClaimTarget {
    /// A whole row.
    pub fn row(entity_type: impl Into<String>, entity_id: impl Into<String>) -> Self {
        Self { entity_type: entity_type.into(), entity_id: entity_id.into(), narrowing: Narrowing::default() }
    }

    /// Whether the two cannot be held at once: the same row, unless both are narrowed to parts that do not meet.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.entity_type == other.entity_type
            && self.entity_id == other.entity_id
            && self.narrowing.overlaps(&other.narrowing)
    }
}

impl Narrowing {
    /// Whether the whole row is meant.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the two parts of one row meet.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        fn differ<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> bool {
            a.zip(b).is_some_and(|(a, b)| a != b)
        }
        if self.is_whole() || other.is_whole() {
            return true;
        }
        if differ(self.path.as_ref(), other.path.as_ref()) || differ(self.field.as_ref(), other.field.as_ref()) {
            return false;
        }
        let (Some(a), Some(b)) = (self.range, other.range) else { return true };
        a.start_line <= b.end_line && b.start_line <= a.end_line
    }
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IntentStatus {
    /// Held.
    Active,
    /// Waiting in line.
    Queued,
    /// Ended by its holder after writing.
    Committed,
    /// Ended by time.
    Expired,
    /// Given up.
    Canceled,
}

/// How readers of claims name a participant's kind: users and systems are `human`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HolderKind {
    /// Not an agent.
    Human,
    /// An agent.
    Agent,
}

/// The target of an [`IntentObject`], with the model under both names its readers use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntentTarget {
    /// The model as the claimant spelled it.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same, under its other name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The row.
    pub id: String,
    /// One field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// A place inside a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Lines of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<LineRange>,
    /// The holder's own notes, for readers that look here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

impl From<&ClaimTarget> for IntentTarget {
    fn from(target: &ClaimTarget) -> Self {
        Self {
            kind: target.entity_type.clone(),
            model: Some(target.entity_type.clone()),
            id: target.entity_id.clone(),
            field: target.narrowing.field.clone(),
            path: target.narrowing.path.clone(),
            range: target.narrowing.range,
            meta: None,
        }
    }
}

impl From<IntentTarget> for ClaimTarget {
    fn from(target: IntentTarget) -> Self {
        Self {
            entity_type: target.kind,
            entity_id: target.id,
            narrowing: Narrowing { field: target.field, path: target.path, range: target.range },
        }
    }
}

/// A claim as lists, wait lines and claim answers show it: one shape for every reader.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntentObject {
    /// Always `intent`.
    #[serde(default = "intent_word")]
    pub object: String,
    /// The claim.
    pub id: ClaimId,
    /// Held or waiting.
    pub status: IntentStatus,
    /// What it is about.
    pub target: IntentTarget,
    /// What its holder is doing.
    pub action: String,
    /// In the holder's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The field, for readers that look here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Who holds it or waits.
    pub held_by: ParticipantId,
    /// The same, under its other name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<ParticipantId>,
    /// What kind of participant that is.
    pub participant_kind: HolderKind,
    /// The holder's own notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
    /// When it was announced, in milliseconds since 1970, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// When it ends, ISO-8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Its place in line, from zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
}

/// The word every intent object carries.
#[must_use]
pub fn intent_word() -> String {
    "intent".to_owned()
}
