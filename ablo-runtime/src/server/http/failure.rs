use ablo_schema::error::{AbloError, Category, Code};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// The header that tells a client's reconnect probe why its credential does not work.
pub const AUTH_FAILURE: HeaderName = HeaderName::from_static("x-auth-failure");

/// A failed request. Its body is written at the edge, where the request's id is known.
#[derive(Clone, Debug)]
pub struct Failure(pub AbloError);

impl<E: Into<AbloError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        let about_login = self.0.code().known().is_some_and(|code| code.category() == Category::Auth);
        if about_login && let Ok(code) = HeaderValue::from_str(self.0.code().as_str()) {
            response.headers_mut().insert(AUTH_FAILURE, code);
        }
        if let Some(seconds) = self.0.details.get("retryAfterSeconds").and_then(serde_json::Value::as_u64) {
            response.headers_mut().insert(axum::http::header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// The answer to a path that leads nowhere.
pub async fn no_route() -> Failure {
    Failure(AbloError::new(
        Code::RouteNotFound,
        "There is nothing at this path; see /v1/openapi.json for what there is.",
    ))
}

/// The answer to a method a path does not have.
pub async fn no_method() -> Failure {
    Failure(AbloError::new(Code::MethodNotAllowed, "This path does not have this method; see /v1/openapi.json."))
}
