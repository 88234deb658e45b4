use std::sync::Weak;
use std::time::Duration;

use ablo_schema::error::AbloError;
use ablo_schema::time::{SignedDuration, Timestamp};
use ablo_schema::wire::{OrganizationId, SyncId};
use tokio::sync::watch;

use super::state::Server;
use super::telemetry;
use crate::engine::{Engine, Participant};

/// How much of the log is kept. A delta is trimmed off when both bounds let it go; whoever has not read it by then has
/// to bootstrap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Younger deltas are kept; `None` keeps every one.
    pub age: Option<Duration>,
    /// This many of an organization's last deltas are kept, however old they are.
    pub deltas: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { age: None, deltas: 10_000 }
    }
}

/// How many deltas are trimmed at once, between which commits get their turn.
const STEP: u32 = 1_000;
/// How many steps an organization gets before the next one is looked at.
const STEPS: usize = 20;
/// The time between two looks at the logs.
const PAUSE: Duration = Duration::from_secs(60);

impl Retention {
    /// Trims what may go of an organization's log, oldest first and not everything when that is much. The answer is how
    /// far the log is trimmed now.
    ///
    /// # Errors
    /// When the store fails or the writer's queue is full.
    pub async fn apply(
        &self,
        engine: &Engine,
        organization: &OrganizationId,
        now: Timestamp,
    ) -> Result<SyncId, AbloError> {
        let session = engine.session(Participant::system(organization.clone(), "ablo"));
        let (first, head) = session.log_bounds().await?;
        let mut trimmed = first;
        let Some(age) = self.age.and_then(|age| SignedDuration::try_from(age).ok()) else { return Ok(trimmed) };
        let Ok(oldest) = now.checked_sub(age) else { return Ok(trimmed) };
        let last = head.0.saturating_sub(self.deltas.into());
        for _ in 0..STEPS {
            let step = last.saturating_sub(trimmed.0).min(STEP.into());
            if step == 0 {
                break;
            }
            let page = session.log(trimmed, usize::try_from(step).unwrap_or(1)).await?;
            let young = page.entries.iter().find(|entry| entry.delta.core.created_at >= oldest);
            let through = young.map_or(trimmed.0 + step, |entry| entry.id().0 - 1);
            if through > trimmed.0 {
                trimmed = engine.trim(organization, SyncId(through)).await?;
            }
            if young.is_some() {
                break;
            }
        }
        if trimmed > first {
            telemetry::log_trimmed(organization, first, trimmed);
        }
        Ok(trimmed)
    }
}

/// How many credentials are looked at at once.
const CREDENTIALS: usize = 200;
/// The time between two looks at all the answers that are remembered.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Keeps every log as short as it may be, and forgets answers and credentials whose time is over, until the server stops
/// or is gone.
pub(super) async fn run(server: Weak<Server>, mut stop: watch::Receiver<bool>) {
    let mut looked_at = None;
    while let Some(server) = server.upgrade() {
        // What fails now is tried again the next time.
        if let Err(error) = sweep(&server).await {
            telemetry::told(error);
        }
        if let Err(error) = forget_credentials(&server).await {
            telemetry::told(error);
        }
        let now = server.book.now();
        if looked_at.is_none_or(|at| now.duration_since(at) >= DAY) {
            match forget_answers(&server).await {
                Ok(()) => looked_at = Some(now),
                Err(error) => drop(telemetry::told(error)),
            }
        }
        drop(server);
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

async fn forget_credentials(server: &Server) -> Result<(), AbloError> {
    while server.book.forget_over(CREDENTIALS)? > 0 && !server.is_stopping() {
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Looks at every answer, a step at a time, between which others have their turn.
async fn forget_answers(server: &Server) -> Result<(), AbloError> {
    for organization in server.engine.organizations(0).await? {
        let mut after = None;
        loop {
            after = server.engine.forget_answers(&organization, after).await?;
            if after.is_none() || server.is_stopping() {
                break;
            }
        }
    }
    Ok(())
}

async fn sweep(server: &Server) -> Result<(), AbloError> {
    let retention = &server.options.retention;
    if retention.age.is_none() {
        return Ok(());
    }
    for organization in server.engine.organizations(retention.deltas.into()).await? {
        if server.is_stopping() {
            break;
        }
        if let Err(error) = retention.apply(&server.engine, &organization, server.book.now()).await {
            telemetry::told(error);
        }
    }
    Ok(())
}
