use std::time::Duration;

use ablo_schema::error::AbloError;
use ablo_schema::wire::{OrganizationId, SyncId};
use axum::extract::MatchedPath;
use axum::http::StatusCode;
use tracing::{Level, Span};

use super::{CLAIMS, HTTP, SERVER, SOCKET};
use crate::claims::{ClaimEvent, End};
use crate::engine::{ClaimsChange, Committed, ResyncReason};

/// Routes machines ask all the time.
const PROBES: [&str; 5] = ["/livez", "/readyz", "/metrics", "/health", "/api/health"];

/// The line of a request; the current span is its own.
pub fn request_answered(route: Option<&MatchedPath>, status: StatusCode, code: Option<&str>, took: Duration) {
    Span::current().record("status", status.as_u16()).record("code", code);
    let duration_ms = millis(took);
    let probe = route.is_some_and(|route| PROBES.contains(&route.as_str()));
    match status {
        _ if probe => tracing::debug!(target: HTTP, duration_ms, "request answered"),
        status if status.is_server_error() => tracing::error!(target: HTTP, duration_ms, "request answered"),
        // Whoever is not let in, or wants too much.
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::TOO_MANY_REQUESTS => tracing::warn!(target: HTTP, duration_ms, "request answered"),
        _ => tracing::info!(target: HTTP, duration_ms, "request answered"),
    }
}

/// What went over a socket.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Frames it sent.
    pub received: u64,
    /// Frames it was sent.
    pub sent: u64,
    /// Commits it asked for.
    pub commits: u64,
}

/// A socket was closed before it was let in.
pub fn socket_refused(close_code: u16, reason: &str) {
    tracing::warn!(target: SOCKET, close_code, reason, "socket refused");
}

/// The line of a socket; the current span is its own. Without a close code it went by itself, or did not take what it
/// was sent.
pub fn socket_closed(level: Level, close_code: Option<u16>, reason: &str, tally: Tally, took: Duration) {
    let Tally { received, sent, commits } = tally;
    let duration_ms = millis(took);
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: SOCKET, close_code, reason, received, sent, commits, duration_ms, "socket closed"
            )
        };
    }
    match level {
        Level::ERROR => line!(error),
        Level::WARN => line!(warn),
        _ => line!(info),
    }
}

/// A frame of the current socket was answered with a failure. Its id stands for the request that opened the socket.
pub fn frame_refused(frame: &str, request_id: &str, error: &AbloError) {
    let code = error.code().as_str();
    tracing::info!(target: SOCKET, frame, request_id, code, "frame refused");
}

/// A socket gave up what was published for it and reads the log instead.
pub fn socket_resyncs(reason: ResyncReason, after: SyncId) {
    let reason = match reason {
        ResyncReason::TooSlow => "too slow",
        ResyncReason::AccessChanged => "its groups changed",
    };
    tracing::info!(target: SOCKET, reason, after = after.0, "socket resyncs");
}

/// A commit of the current request or socket was applied, or had been before. Its last delta leads from a delta to who
/// wrote it.
pub fn committed(committed: &Committed) {
    let sync_id = committed.receipt.last_sync_id.0;
    let (deltas, replayed) = (committed.deltas.len(), committed.replayed);
    tracing::debug!(target: SERVER, sync_id, deltas, replayed, "committed");
}

/// Claims of a row ended because somebody was put first. Which row and whose claims they were is the organization's.
pub fn claims_preempted(organization: &OrganizationId, change: &ClaimsChange) {
    for event in &change.events {
        if let ClaimEvent::Ended { end: End::Preempted, token, .. } = event {
            let (organization, model) = (organization.as_str(), change.model.as_str());
            tracing::info!(target: CLAIMS, organization, model, token = token.map(|token| token.0), "claim preempted");
        }
    }
}

/// A client named a database for its rows, which are kept here.
pub fn database_not_used() {
    tracing::warn!(target: SERVER, "database not used");
}

/// An organization's log begins later now.
pub fn log_trimmed(organization: &OrganizationId, from: SyncId, through: SyncId) {
    let organization = organization.as_str();
    tracing::info!(target: SERVER, organization, from = from.0, through = through.0, "log trimmed");
}

/// Milliseconds, to the microsecond.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "beyond that precision are centuries")]
pub fn millis(took: Duration) -> f64 {
    took.as_micros() as f64 / 1_000.0
}
