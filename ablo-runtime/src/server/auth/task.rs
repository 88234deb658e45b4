use ablo_schema::time::Timestamp;
use ablo_schema::wire::OrganizationId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A piece of an agent's work, also called a turn, to which writes are attributed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// Its id, `turn_…`.
    pub id: String,
    /// Whose data it works on.
    pub organization: OrganizationId,
    /// Who opened it.
    pub participant_id: String,
    /// The SHA-256 of what was asked for.
    pub prompt_hash: String,
    /// The task it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surface: Option<String>,
    /// Anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
    /// When it began.
    pub opened_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// What it cost.
    #[serde(default)]
    pub cost: TaskCost,
}

/// What a task cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TaskCost {
    /// Tokens read.
    pub cost_input_tokens: u64,
    /// Tokens written.
    pub cost_output_tokens: u64,
    /// Time spent.
    pub cost_compute_ms: u64,
}
