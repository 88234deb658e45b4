use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{ids::SyncId, json::JsonText, lenient, presence::EpochMillis};

/// Whether a bootstrap answer is everything or what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BootstrapKind {
    /// Every row.
    Full,
    /// What changed since `lastSyncId`.
    Partial,
}

/// The answer to `GET /api/sync/bootstrap`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bootstrap {
    /// Everything, or what changed.
    #[serde(rename = "type")]
    pub kind: BootstrapKind,
    /// The newest delta the rows show.
    pub last_sync_id: SyncId,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<EpochMillis>,
    /// The rows of each model, by typename, as a JSON array. A model without an entry is left alone.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "rows")]
    pub models: IndexMap<String, JsonText>,
    /// Models that could not be read; clients keep the rows they have.
    #[serde(default)]
    pub failed_models: Vec<String>,
    /// The changes of a partial answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deltas: Vec<BootstrapDelta>,
    /// How many there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta_count: Option<u64>,
}

/// Rows may be an array, a string holding one, or null for a model that is to be left alone.
fn rows<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<IndexMap<String, JsonText>, D::Error> {
    let models = Option::<IndexMap<String, Option<JsonText>>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(models.into_iter().filter_map(|(name, rows)| Some((name, rows?.unwrapped()?))).collect())
}

/// One change of a partial answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BootstrapDelta {
    /// Its position in the log.
    pub id: SyncId,
    /// The delta's letter.
    pub operation: super::delta::DeltaAction,
    /// The model's typename.
    pub model_name: String,
    /// The row.
    pub entity_id: String,
    /// The row after the change.
    #[serde(default, deserialize_with = "lenient::data")]
    pub data: Option<JsonText>,
}
