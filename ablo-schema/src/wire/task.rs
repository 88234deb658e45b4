use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ids::TaskId, instant, lenient};

/// The body that opens a task (`POST /v1/tasks`) or turn (`POST /api/agent/turn`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenTask {
    /// What the agent was asked.
    pub prompt: String,
    /// The task this one is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_task_id: Option<TaskId>,
    /// Where it runs; any text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surface: Option<String>,
    /// The application's own notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
}

/// The answer: the task, under every name its readers use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskOpened {
    /// The task.
    #[serde(default, alias = "taskId", skip_serializing_if = "Option::is_none")]
    pub id: Option<TaskId>,
    /// The same, as a turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<TaskId>,
    /// A digest of the prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_hash: Option<String>,
    /// When.
    #[serde(default, serialize_with = "instant::serialize_any", skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Timestamp>,
}

impl TaskOpened {
    /// The task, whichever member names it.
    #[must_use]
    pub fn task(&self) -> Option<&TaskId> {
        self.id.as_ref().or(self.turn_id.as_ref())
    }
}

/// The body that closes a task or turn: what it cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CloseTask {
    /// Tokens read.
    #[serde(deserialize_with = "lenient::amount_or_zero")]
    pub cost_input_tokens: u64,
    /// Tokens written.
    #[serde(deserialize_with = "lenient::amount_or_zero")]
    pub cost_output_tokens: u64,
    /// Milliseconds of work.
    #[serde(deserialize_with = "lenient::amount_or_zero")]
    pub cost_compute_ms: u64,
}

/// The answer to closing a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskClosed {
    /// The task.
    #[serde(default, alias = "taskId", skip_serializing_if = "Option::is_none")]
    pub id: Option<TaskId>,
    /// The same, as a turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<TaskId>,
    /// Whether this call closed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<bool>,
    /// Whether an earlier call had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub already_closed: Option<bool>,
    /// When.
    #[serde(default, serialize_with = "instant::serialize_any", skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}
