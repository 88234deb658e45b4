use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::ParticipantKind;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use axum::response::{IntoResponse, Response};
use tracing::{Instrument, Span};

use super::connection::{self, Start};
use crate::server::http::{AUTH_FAILURE, Failure, Params};
use crate::server::state::Shared;
use crate::server::telemetry::{self, Origin};

/// The subprotocol this server speaks.
const PROTOCOL: &str = "ablo.sync.v1";
/// What a credential looks like among the subprotocols.
const BEARER: &str = "ablo.bearer.";
/// Bytes a socket's read buffer starts with; thousands of idle sockets must not cost much.
const READ_BUFFER: usize = 4 << 10;
/// Bytes that are gathered before they are written, while there is more to send; what is sent alone is written at once.
const GATHERED: usize = 16 << 10;

/// `GET /sync/ws`. The credential is a subprotocol, never part of the URL.
///
/// An upgrade is refused only for what `/auth/check` refuses as well: a client whose upgrade fails while its check succeeds
/// tries again without any pause.
pub async fn upgrade(
    State(server): State<Shared>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    params: Params,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let offered: Vec<String> = headers
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|value| value.trim().to_owned())
        .collect();
    let header = headers.get(axum::http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = offered.iter().find_map(|value| value.strip_prefix(BEARER));
    let token = token.or_else(|| header.and_then(|value| value.strip_prefix("Bearer ")));
    let caller = match server.caller(token).await {
        Ok(caller) => caller,
        Err(error) => {
            let mut response = Failure(error.clone()).into_response();
            if let Ok(code) = error.code().as_str().parse() {
                response.headers_mut().insert(AUTH_FAILURE, code);
            }
            return response;
        }
    };
    telemetry::belongs_to(&Span::current(), &caller.credential);
    // Judged after the credential: who has none is told nothing else.
    let Ok(upgrade) = upgrade else {
        let message = "This is where sockets connect; ask for a WebSocket with an `Upgrade` header.";
        return Failure(AbloError::new(Code::InvalidRequest, message)).into_response();
    };
    let id = server.connection_id();
    let span = telemetry::socket_span(&origin, id, &caller.credential);
    let start = Start {
        id,
        request: origin.request_id,
        cursor: params.get("cursor").filter(|cursor| !cursor.is_empty()).map(str::to_owned),
        groups: params.all("syncGroups").map(str::to_owned).collect(),
        is_agent: params.get("kind") == Some(ParticipantKind::Agent.as_str()),
        from_elsewhere: headers
            .get(ORIGIN)
            .is_some_and(|origin| !server.options.allows_origin(origin.to_str().unwrap_or_default())),
    };
    let selected = offered.iter().find(|value| *value == PROTOCOL).or_else(|| offered.first()).cloned();
    // What is a little too large is read, so that its sender can be told; what is far too large breaks the connection.
    let limit = server.options.limits.message_bytes.saturating_mul(4);
    let upgrade = upgrade
        .max_message_size(limit)
        .max_frame_size(limit)
        .read_buffer_size(READ_BUFFER)
        // Beyond these only the message under way ever waits here: whoever sends waits until it is taken. What is made of
        // several rows is cut well below a mebibyte.
        .write_buffer_size(GATHERED);
    let upgrade = match selected {
        Some(protocol) => upgrade.protocols([protocol]),
        None => upgrade,
    };
    // The task of the handshake is a large one and ends with it.
    upgrade.on_upgrade(async move |socket| {
        tokio::spawn(connection::run(server, caller, socket, start).instrument(span));
    })
}
