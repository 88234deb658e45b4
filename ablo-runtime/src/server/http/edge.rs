use std::time::Instant;

use ablo_schema::error::{AbloError, ErrorCode};
use ablo_schema::wire::ErrorEnvelope;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use super::failure::Failure;
use crate::server::state::Shared;
use crate::server::telemetry::{self, Origin};

/// The version of the contract this server speaks.
pub const CONTRACT: &str = "2026-06-02";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const VERSION: HeaderName = HeaderName::from_static("ablo-version");
const EXPOSED: &str = "X-Auth-Failure, x-request-id, Ablo-Version, Retry-After";
const METHODS: &str = "GET, HEAD, POST, PATCH, DELETE, OPTIONS";

/// What every request passes through first and every answer last: ids, the log, cross-origin rules and error bodies.
pub async fn edge(State(server): State<Shared>, mut request: Request, next: Next) -> Response {
    let origin = Origin::of(request.headers());
    let span = telemetry::request_span(&origin, &request);
    request.extensions_mut().insert(origin.clone());
    answer(server, request, next, origin).instrument(span).await
}

async fn answer(server: Shared, request: Request, next: Next, Origin { request_id: id, .. }: Origin) -> Response {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let origin = request.headers().get(header::ORIGIN).cloned();
    let wants = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let mut code = None;
    if let Some(Failure(error)) = response.extensions_mut().remove::<Failure>() {
        let error = telemetry::told(error);
        server.metrics.failed(&error);
        code = Some(error.code().clone());
        response = with_body(response, error, id.as_str());
    }
    server.metrics.answered(response.status());
    telemetry::request_answered(
        route.as_ref(),
        response.status(),
        code.as_ref().map(ErrorCode::as_str),
        began.elapsed(),
    );
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(VERSION, HeaderValue::from_static(CONTRACT));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(origin) = origin.filter(|origin| server.options.allows_origin(origin.to_str().unwrap_or_default())) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        if preflight {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
            if let Some(wants) = wants {
                headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wants);
            }
        }
    }
    response
}

fn with_body(response: Response, error: AbloError, id: &str) -> Response {
    let doc_url = Some(format!("https://docs.abloatai.com/errors#{}", error.code()));
    let envelope = ErrorEnvelope { error, doc_url, request_id: Some(id.to_owned()) };
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(serde_json::to_vec(&envelope).unwrap_or_default()))
}
