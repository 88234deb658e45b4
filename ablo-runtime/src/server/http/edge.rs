use ablo_schema::wire::ErrorEnvelope;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::failure::Failure;
use crate::server::auth::random_id;
use crate::server::state::Shared;

/// The version of the contract this server speaks.
pub const CONTRACT: &str = "2026-06-02";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const VERSION: HeaderName = HeaderName::from_static("ablo-version");
const EXPOSED: &str = "X-Auth-Failure, x-request-id, Ablo-Version, Retry-After";
const METHODS: &str = "GET, HEAD, POST, PATCH, DELETE, OPTIONS";

/// What every request passes through first and every answer last: ids, cross-origin rules and error bodies.
pub async fn edge(State(server): State<Shared>, request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let origin = request.headers().get(header::ORIGIN).cloned();
    let wants = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    if let Some(Failure(error)) = response.extensions_mut().remove::<Failure>() {
        server.metrics.failed(error.code().as_str());
        response = with_body(response, error, &id);
    }
    server.metrics.answered(response.status());
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
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

/// The caller's id if it is harmless, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let harmless = |id: &&str| {
        (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    match given.filter(harmless) {
        Some(id) => id.to_owned(),
        None => random_id("req").unwrap_or_else(|_| "req_unknown".to_owned()),
    }
}

fn with_body(response: Response, error: ablo_schema::error::AbloError, id: &str) -> Response {
    let doc_url = Some(format!("https://docs.abloatai.com/errors#{}", error.code()));
    let envelope = ErrorEnvelope { error, doc_url, request_id: Some(id.to_owned()) };
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(serde_json::to_vec(&envelope).unwrap_or_default()))
}
