use axum::extract::{MatchedPath, Request};
use tracing::Span;
use tracing::field::Empty;

use super::{HTTP, Origin, SOCKET};
use crate::server::auth::Credential;

// Spans are of the level `ERROR` so that lines of every level have theirs, however little is listened to.

/// Everything that is said about a request. Its route is the pattern that matched: paths hold ids of rows.
#[must_use]
pub fn request_span(origin: &Origin, request: &Request) -> Span {
    let span = tracing::error_span!(
        target: HTTP,
        "request",
        request_id = origin.request_id.as_str(),
        trace_id = origin.trace_id,
        method = request.method().as_str(),
        route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str),
        organization = Empty,
        credential = Empty,
        status = Empty,
        code = Empty,
    );
    origin.adopt(span)
}

/// Everything that is said about a socket.
#[must_use]
pub fn socket_span(origin: &Origin, connection: u64, credential: &Credential) -> Span {
    let span = tracing::error_span!(
        target: SOCKET,
        parent: None,
        "socket",
        request_id = origin.request_id.as_str(),
        trace_id = origin.trace_id,
        connection,
        organization = Empty,
        credential = Empty,
    );
    belongs_to(&span, credential);
    origin.adopt(span)
}

/// Notes whose request or socket it is.
pub fn belongs_to(span: &Span, credential: &Credential) {
    if !span.is_disabled() {
        span.record("organization", credential.space().as_str()).record("credential", &credential.id);
    }
}
