use std::sync::Arc;

use ablo_schema::error::{AbloError, Code};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, HeaderMap};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Span;

use super::failure::Failure;
use crate::engine::Session;
use crate::server::auth::Credential;
use crate::server::state::Shared;
use crate::server::telemetry;

/// Who makes a request. Handlers get it only behind [`authenticate`].
#[derive(Clone, Debug)]
pub struct Caller {
    /// What was presented.
    pub credential: Arc<Credential>,
    /// The engine on its behalf.
    pub session: Session,
}

/// Lets a request pass only with a credential that works. It guards matched routes, so no spelling of a path avoids it.
pub async fn authenticate(State(server): State<Shared>, mut request: Request, next: Next) -> Response {
    let token = bearer(request.headers()).map(str::to_owned);
    match server.caller(token.as_deref()).await {
        Ok(caller) => {
            telemetry::belongs_to(&Span::current(), &caller.credential);
            if let Err(error) = server.admit(&caller.credential) {
                return Failure(error).into_response();
            }
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) => Failure(error).into_response(),
    }
}

/// The token of the `Authorization` header.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        let missing = || AbloError::new(Code::AuthNoCredentials, "Send `Authorization: Bearer <key>`.");
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Failure(missing()))
    }
}
