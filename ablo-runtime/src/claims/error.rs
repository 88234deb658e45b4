use ablo_schema::error::{AbloError, Code, ErrorCode};
use ablo_schema::wire::FencingToken;

use super::{ClaimCommand, Holder, Refusal, WriteRefusal};

impl Refusal {
    /// The error a caller sees, with the facts of the lease in the way. `held` is the code of a row that somebody else
    /// holds, unless the policy has a reason of its own: the protocol has one for those who ask and one for those who
    /// write.
    #[must_use]
    pub fn into_error(self, model: &str, id: &str, held: Code) -> AbloError {
        match self {
            Self::Held { holder, reason } => return claimed(model, id, &holder, reason, held),
            Self::QueueTooDeep { position, holder } => {
                let (who, waiting) = (&holder.participant, if position == 1 { "waits" } else { "wait" });
                let message = format!(
                    "`{model}` `{id}` is claimed by {} `{}`, and {position} {waiting} in line; try again later or allow a \
                     deeper line",
                    who.kind.as_str(),
                    who.id
                );
                facts(AbloError::new(Code::QueueTooDeep, message).detail("position", position), &holder)
            }
            Self::TooManyHandles => AbloError::new(
                Code::QueueTooDeep,
                format!(
                    "this participant has too many open claims on `{model}` `{id}`; release the ones it no longer needs"
                ),
            ),
            Self::Lost => AbloError::new(
                Code::ClaimLost,
                format!("this claim on `{model}` `{id}` is over; claim the row again and read it before writing"),
            ),
            Self::Unauthorized => AbloError::new(
                Code::CapabilityScopeDenied,
                format!("re-ordering the line of `{model}` `{id}` needs the operation `{}`", ClaimCommand::REORDER),
            )
            .detail("requiredCapability", serde_json::json!({ "scope": ClaimCommand::REORDER })),
        }
        .param(format!("{model}.{id}"))
    }
}

impl WriteRefusal {
    /// The error a writer sees, who named this token if any. Nothing was written.
    #[must_use]
    pub fn into_error(self, model: &str, id: &str, token: Option<FencingToken>) -> AbloError {
        match self {
            Self::Foreign { holder, reason } => claimed(model, id, &holder, reason, Code::EntityClaimed),
            Self::Lost { last_token } => {
                let code = if token.is_some() { Code::StaleToken } else { Code::ClaimLost };
                let message = format!(
                    "the claim on `{model}` `{id}` has passed on (its last token is {last_token}); claim the row again and \
                     read it before writing"
                );
                AbloError::new(code, message).param(format!("{model}.{id}")).detail("lastToken", last_token)
            }
        }
    }
}

fn claimed(model: &str, id: &str, holder: &Holder, reason: Option<String>, code: Code) -> AbloError {
    let code = reason.map_or(ErrorCode::Known(code), |reason| ErrorCode::policy(&reason));
    let who = &holder.participant;
    let message = format!(
        "`{model}` `{id}` is claimed by {} `{}`; wait for the claim to end or claim the row yourself",
        who.kind.as_str(),
        who.id
    );
    facts(AbloError::new(code, message).param(format!("{model}.{id}")), holder)
}

fn facts(error: AbloError, holder: &Holder) -> AbloError {
    error
        .detail("heldBy", &holder.participant.id)
        .detail("heldByKind", holder.participant.kind)
        .detail("heldByIntentId", &holder.claim)
        .detail("heldByExpiresAt", holder.expires_at)
}
