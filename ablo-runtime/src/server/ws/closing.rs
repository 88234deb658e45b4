use std::future::poll_fn;
use std::task::{Poll, ready};
use std::time::Duration;

use ablo_schema::error::AbloError;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::{SinkExt, StreamExt};
use tracing::Level;

use crate::server::telemetry::{self, Tally};

/// Close codes. Only [`close::LOGIN_OVER`] and [`close::POLICY`] end a client's session; after the others it comes back.
pub(super) mod close {
    /// The credential was revoked.
    pub const LOGIN_OVER: u16 = 4001;
    /// The handshake breaks a rule that trying again will not mend.
    pub const POLICY: u16 = 1008;
    /// The server is stopping.
    pub const RESTART: u16 = 1012;
    /// Too much at the moment.
    pub const TRY_LATER: u16 = 1013;
    /// The credential has run out; come back with a fresh one.
    pub const EXPIRED: u16 = 4100;
    /// Nothing was heard for too long.
    pub const IDLE: u16 = 4000;
    /// The handshake asks for more groups than allowed. Not 1008: the login is fine.
    pub const TOO_MANY_GROUPS: u16 = 4008;
    /// A message is larger than allowed.
    pub const TOO_LARGE: u16 = 1009;
    /// Something failed here.
    pub const FAILED: u16 = 1011;
}

/// How long a close may take.
const PARTING: Duration = Duration::from_secs(2);

/// Why a connection ends.
pub(super) enum End {
    /// The client went.
    Gone,
    /// It is closed from here.
    Close(u16, &'static str),
    /// It does not take what it is sent.
    Slow,
}

impl End {
    /// The store failed.
    pub fn failed(error: AbloError) -> Self {
        telemetry::told(error);
        Self::Close(close::FAILED, "the store failed")
    }

    pub fn log(&self, tally: Tally, took: Duration) {
        let (level, code, reason) = match self {
            Self::Gone => (Level::INFO, None, "the client went"),
            Self::Slow => (Level::WARN, None, "the client does not take what it is sent"),
            Self::Close(code @ close::FAILED, reason) => (Level::ERROR, Some(*code), *reason),
            Self::Close(code @ close::TOO_LARGE, reason) => (Level::WARN, Some(*code), *reason),
            Self::Close(code, reason) => (Level::INFO, Some(*code), *reason),
        };
        telemetry::socket_closed(level, code, reason, tally, took);
    }
}

impl From<axum::Error> for End {
    fn from(_: axum::Error) -> Self {
        Self::Gone
    }
}

/// Closes a socket that is not let in.
pub(super) async fn refuse(mut socket: WebSocket, code: u16, reason: &str) {
    telemetry::socket_refused(code, reason);
    part(&mut socket, code, reason).await;
}

/// Closes a socket.
pub(super) async fn part(socket: &mut WebSocket, code: u16, reason: &str) {
    let reason = match code {
        close::RESTART => format!("{reason}; retry_after={}", comeback(getrandom::u32().unwrap_or_default())),
        _ => reason.to_owned(),
    };
    let frame = CloseFrame { code, reason: reason.into() };
    let _ = socket.start_send_unpin(Message::Close(Some(frame)));
    // The other side answers a close; leaving before that, or with something unread, would turn it into a broken
    // connection. Both ways at once: who waits until it can write does not read before.
    let parted = poll_fn(|cx| {
        let _ = socket.poll_flush_unpin(cx);
        while let Some(Ok(_)) = ready!(socket.poll_next_unpin(cx)) {}
        Poll::Ready(())
    });
    let _ = tokio::time::timeout(PARTING, parted).await;
}

/// In how many seconds a client is asked to come back, each at a time of its own: from 0 to 5.
fn comeback(random: u32) -> String {
    let millis = random % 5_001;
    format!("{}.{:03}", millis / 1_000, millis % 1_000)
}
