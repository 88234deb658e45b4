use ablo_schema::error::{AbloError, Code, ErrorCode};

use super::{ClaimCommand, Holder, Refusal, RowContext, WriteRefusal};

impl Refusal {
    /// The error a caller sees, with the facts of the lease in the way.
    #[must_use]
    pub fn into_error(self, row: &RowContext<'_>) -> AbloError {
        let RowContext { model, id, .. } = row;
        match self {
            Self::Held { holder, reason } => held(row, &holder, reason),
            Self::QueueTooDeep { position, holder } => {
                let message =
                    format!("{position} are waiting for {model} {id} already; try again later or allow a deeper line");
                facts(AbloError::new(Code::QueueTooDeep, message).detail("position", position), &holder)
            }
            Self::TooManyHandles => AbloError::new(
                Code::QueueTooDeep,
                format!(
                    "this participant has too many open claims on {model} {id}; release the ones it no longer needs"
                ),
            ),
            Self::Lost => AbloError::new(
                Code::ClaimLost,
                format!("this claim on {model} {id} is over; claim the row again and read it before writing"),
            ),
            Self::Unauthorized => AbloError::new(
                Code::CapabilityScopeDenied,
                format!("re-ordering the line of {model} {id} needs the operation {}", ClaimCommand::REORDER),
            )
            .detail("requiredCapability", serde_json::json!({ "scope": ClaimCommand::REORDER })),
        }
        .param(format!("{model}.{id}"))
    }
}

impl WriteRefusal {
    /// The error a writer sees. Nothing was written.
    #[must_use]
    pub fn into_error(self, row: &RowContext<'_>) -> AbloError {
        match self {
            Self::Foreign { holder, reason } => held(row, &holder, reason).param(format!("{}.{}", row.model, row.id)),
            Self::Lost { last_token } => Refusal::Lost.into_error(row).detail("lastToken", last_token),
        }
    }
}

fn held(row: &RowContext<'_>, holder: &Holder, reason: Option<String>) -> AbloError {
    let code = reason.map_or(ErrorCode::Known(Code::ClaimConflict), |reason| ErrorCode::policy(&reason));
    let message = format!(
        "{} {} is claimed by {}; wait for the claim to end or claim the row yourself",
        row.model, row.id, holder.participant.id
    );
    facts(AbloError::new(code, message), holder)
}

fn facts(error: AbloError, holder: &Holder) -> AbloError {
    error
        .detail("heldBy", &holder.participant.id)
        .detail("heldByIntentId", &holder.claim)
        .detail("heldByExpiresAt", holder.expires_at)
}
