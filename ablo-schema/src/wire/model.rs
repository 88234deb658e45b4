//! The bodies of `/v1/models` and its claims, and of `/v1/intents`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};

use super::{
    claim::{ClaimTarget, IntentObject, LineRange, Narrowing},
    commit::OnStale,
    ids::{ClaimId, IdempotencyKey, ParticipantId, SyncId},
    json::JsonText,
    lenient,
};
use crate::typed::MAX_SAFE_INTEGER;

/// A page of a model's rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelList {
    /// Always `list`.
    #[serde(default = "list_word")]
    pub object: String,
    /// The model as asked for.
    pub model: String,
    /// The rows.
    pub data: Vec<JsonText>,
    /// Whether there are more.
    #[serde(default)]
    pub has_more: bool,
    /// Where they start; null at the end.
    #[serde(default)]
    pub next_cursor: Option<String>,
    /// The newest delta the rows show.
    #[serde(default)]
    pub stamp: SyncId,
}

fn list_word() -> String {
    "list".to_owned()
}

impl ModelList {
    /// A page.
    pub fn new(model: impl Into<String>, data: Vec<JsonText>, next_cursor: Option<String>, stamp: SyncId) -> Self {
        let has_more = next_cursor.is_some();
        Self { object: list_word(), model: model.into(), data, has_more, next_cursor, stamp }
    }
}

/// One row, and who holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelObject {
    /// Always `model`.
    #[serde(default = "model_word")]
    pub object: String,
    /// The model as asked for.
    pub model: String,
    /// The row's id.
    pub id: String,
    /// The row.
    pub data: Option<JsonText>,
    /// The newest delta the row shows.
    #[serde(default)]
    pub stamp: SyncId,
    /// The claims on it.
    #[serde(default)]
    pub claims: Vec<IntentObject>,
}

fn model_word() -> String {
    "model".to_owned()
}

impl ModelObject {
    /// A row and the claims on it.
    pub fn new(model: impl Into<String>, id: impl Into<String>, data: JsonText, stamp: SyncId) -> Self {
        let (model, id) = (model.into(), id.into());
        Self { object: model_word(), model, id, data: Some(data), stamp, claims: Vec::new() }
    }
}

/// The body of a write to `/v1/models`; `DELETE` carries one too.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelWrite {
    /// The same as the `Idempotency-Key` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<IdempotencyKey>,
    /// The claim the write is made under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<ClaimId>,
    /// What to do when the row changed since `readAt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_stale: Option<OnStale>,
    /// The newest change the writer has seen.
    #[serde(default, deserialize_with = "lenient::sync_id", skip_serializing_if = "Option::is_none")]
    pub read_at: Option<SyncId>,
    /// The id of a new row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<JsonText>,
}

/// How long a claim lasts: seconds as a number, or text such as `500ms`, `30s`, `3m`, `24h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ttl(pub Duration);

impl Ttl {
    const UNITS: [(&'static str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

    /// Whole milliseconds, at least one, and as many as a JSON number carries exactly: a claim for no time at all would be
    /// over before it is told.
    #[must_use]
    pub fn from_millis(millis: u64) -> Option<Self> {
        (1..=MAX_SAFE_INTEGER).contains(&millis).then(|| Self(Duration::from_millis(millis)))
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.find(|c: char| !c.is_ascii_digit())?;
        let (amount, unit) = text.split_at(digits);
        let (_, millis) = Self::UNITS.iter().find(|(known, _)| *known == unit)?;
        Self::from_millis(amount.parse::<u64>().ok()?.checked_mul(*millis)?)
    }

    fn from_seconds(seconds: f64) -> Option<Self> {
        let duration = Duration::try_from_secs_f64(seconds).ok()?;
        Self::from_millis(u64::try_from(duration.as_millis()).ok()?)
    }
}

impl Serialize for Ttl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let millis = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        let exact = Self::UNITS.iter().rev().find(|(_, unit)| millis % unit == 0);
        let (unit, size) = exact.copied().unwrap_or(("ms", 1));
        serializer.collect_str(&format_args!("{}{unit}", millis / size))
    }
}

impl<'de> Deserialize<'de> for Ttl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ttl = match Value::deserialize(deserializer)? {
            Value::String(text) => Self::parse(&text),
            Value::Number(seconds) => seconds.as_f64().and_then(Self::from_seconds),
            _ => None,
        };
        ttl.ok_or_else(|| {
            D::Error::custom("a ttl is a number of seconds above zero, or text such as 500ms, 30s, 3m or 24h")
        })
    }
}

/// The body of `POST /v1/models/{model}/{id}/claim`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClaimRequest {
    /// What the claimant is doing; `editing` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// How long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Ttl>,
    /// In the claimant's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The claimant's own notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
    /// Whether to wait in line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<bool>,
    /// One field. Ours: other clients leave narrowing out over HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// A place inside a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Lines of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<LineRange>,
}

/// What an intent is about, in requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntentRequestTarget {
    /// The model, in any spelling.
    #[serde(alias = "resource", alias = "type")]
    pub model: String,
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
    /// The claimant's own notes, when they stand here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

impl From<IntentRequestTarget> for ClaimTarget {
    fn from(target: IntentRequestTarget) -> Self {
        Self {
            entity_type: target.model,
            entity_id: target.id,
            narrowing: Narrowing { field: target.field, path: target.path, range: target.range },
        }
    }
}

/// The body of `POST /v1/intents`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntentRequest {
    /// The claim's id, made by the claimant; the server makes one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent_id: Option<ClaimId>,
    /// What it is about.
    pub target: IntentRequestTarget,
    /// What the claimant is doing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// How long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Ttl>,
    /// Whether to wait in line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<bool>,
    /// The claimant's own notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// The answer to a claim that is held: the intent itself, and again under `intent`.
#[derive(Clone, Debug, PartialEq)]
pub struct IntentAnswer(pub IntentObject);

impl Serialize for IntentAnswer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nested = serde_json::to_value(&self.0).map_err(serde::ser::Error::custom)?;
        let mut body = nested.clone();
        if let Some(members) = body.as_object_mut() {
            members.insert("intent".to_owned(), nested);
        }
        body.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for IntentAnswer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut body = Value::deserialize(deserializer)?;
        let nested = body.as_object_mut().and_then(|members| members.remove("intent"));
        serde_json::from_value(nested.unwrap_or(body)).map(Self).map_err(D::Error::custom)
    }
}

/// The answer (202) to a claim that waits in line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntentWaiting {
    /// Always `queued`.
    pub status: super::claim::IntentStatus,
    /// The claim.
    pub intent_id: ClaimId,
    /// Its place, from zero.
    pub position: u64,
}

/// The answer to giving up a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntentReleased {
    /// `intent`, when one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The claim, when one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ClaimId>,
    /// Always true: releasing twice is fine.
    #[serde(default)]
    pub ok: bool,
    /// Always true.
    #[serde(default)]
    pub released: bool,
}

/// The answer to `GET /v1/intents`: claims held and waiting.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IntentList {
    /// Held.
    pub intents: Vec<IntentObject>,
    /// Waiting, in order.
    pub queue: Vec<IntentObject>,
}

#[derive(Serialize, Deserialize)]
struct IntentListBody {
    #[serde(default)]
    object: String,
    #[serde(default)]
    data: Vec<IntentObject>,
    #[serde(default)]
    intents: Option<Vec<IntentObject>>,
    #[serde(default)]
    queue: Vec<IntentObject>,
}

impl Serialize for IntentList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let body = IntentListBody {
            object: list_word(),
            data: self.intents.clone(),
            intents: Some(self.intents.clone()),
            queue: self.queue.clone(),
        };
        body.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for IntentList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let body = IntentListBody::deserialize(deserializer)?;
        Ok(Self { intents: body.intents.unwrap_or(body.data), queue: body.queue })
    }
}

/// One place of a re-ranked wait line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueuePlace {
    /// Who waits.
    pub held_by: ParticipantId,
    /// Under which claim.
    pub intent_id: ClaimId,
}

/// The body of `POST /v1/models/{model}/{id}/claim/reorder`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReorderRequest {
    /// Who moves to the front, in this order; the others keep theirs.
    pub order: Vec<QueuePlace>,
}
