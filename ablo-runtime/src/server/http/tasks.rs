use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::{CloseTask, OpenTask, TaskClosed, TaskOpened};
use axum::Json;
use axum::extract::{Path, State};

use super::auth::whole_millis;
use super::caller::Caller;
use super::failure::Failure;
use super::input::BodyText;
use crate::server::auth::{NewTask, TaskCost};
use crate::server::state::Shared;

/// Longest prompt, in characters.
const MAX_PROMPT: usize = 256_000;

/// `POST /v1/tasks` and `POST /agent/turn`.
pub async fn open(State(server): State<Shared>, caller: Caller, body: BodyText) -> Result<Json<TaskOpened>, Failure> {
    let asked: OpenTask = body.read()?;
    if asked.prompt.chars().count() > MAX_PROMPT {
        let message = format!("The prompt has more than {MAX_PROMPT} characters; send a shorter one.");
        return Err(AbloError::new(Code::TurnValidationFailed, message).param("prompt").into());
    }
    let task = server.book.open_task(
        &caller.credential,
        NewTask {
            prompt: &asked.prompt,
            parent: asked.parent_task_id.as_ref().map(|id| id.as_str()),
            surface: asked.surface.as_deref(),
            metadata: asked.metadata.map(Into::into),
        },
    )?;
    Ok(Json(TaskOpened {
        id: Some(task.id.as_str().into()),
        turn_id: Some(task.id.as_str().into()),
        prompt_hash: Some(task.prompt_hash),
        opened_at: Some(whole_millis(task.opened_at)),
    }))
}

/// `POST /v1/tasks/{id}/close` and `POST /agent/turn/{id}/close`.
pub async fn close(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    body: BodyText,
) -> Result<Json<TaskClosed>, Failure> {
    let cost: CloseTask = body.read()?;
    let cost = TaskCost {
        cost_input_tokens: cost.cost_input_tokens,
        cost_output_tokens: cost.cost_output_tokens,
        cost_compute_ms: cost.cost_compute_ms,
    };
    let (task, already) = server.book.close_task(&caller.credential, &id, cost)?;
    Ok(Json(TaskClosed {
        id: Some(task.id.as_str().into()),
        turn_id: Some(task.id.as_str().into()),
        closed: Some(true),
        already_closed: Some(already),
        ended_at: task.ended_at.map(whole_millis),
    }))
}
