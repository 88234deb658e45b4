use ablo_schema::error::{AbloError, Code};
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::failure::Failure;
use crate::server::state::Shared;
use crate::server::{depth, surrogates};

/// The text of a request's body, whatever its content type says. Empty when there is none.
#[derive(Debug)]
pub struct BodyText(pub String);

/// How many times the limit is read and thrown away, so that a client that sends too much hears so instead of finding its
/// connection broken.
const DRAINED: usize = 8;

impl FromRequest<Shared> for BodyText {
    type Rejection = Failure;

    async fn from_request(request: Request, server: &Shared) -> Result<Self, Failure> {
        let limit = server.options.limits.body_bytes;
        let mut pieces = request.into_body().into_data_stream();
        let (mut body, mut size) = (Vec::new(), 0_usize);
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|_| AbloError::new(Code::InvalidBody, "The body could not be read."))?;
            size = size.saturating_add(piece.len());
            if size > limit.saturating_mul(DRAINED) {
                break;
            }
            if size <= limit {
                body.extend_from_slice(&piece);
            }
        }
        if size > limit {
            let message = format!("The body is larger than {limit} bytes; send less at once.");
            return Err(AbloError::new(Code::BodyTooLarge, message).into());
        }
        let text = String::from_utf8(body).map_err(|_| AbloError::new(Code::InvalidJson, "The body is not UTF-8."))?;
        depth::check(&text, server.options.limits.json_depth)?;
        Ok(Self(surrogates::mended(&text).unwrap_or(text)))
    }
}

impl BodyText {
    /// The body as this type; an empty body is an empty object.
    ///
    /// # Errors
    /// `invalid_json`, `invalid_body`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, AbloError> {
        let text = if self.0.trim().is_empty() { "{}" } else { &self.0 };
        // Read as an object first, so that what is no object at all is told apart from a wrong member.
        let raw: &RawValue = serde_json::from_str(text)
            .map_err(|error| AbloError::new(Code::InvalidJson, format!("The body is not JSON: {error}.")))?;
        if !raw.get().trim_start().starts_with('{') {
            return Err(AbloError::new(Code::InvalidBody, "The body has to be a JSON object."));
        }
        ablo_schema::wire::decode(text)
    }
}

/// The members of a query string, in order, repeated names included.
#[derive(Clone, Debug, Default)]
pub struct Params(pub Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match Query::<Vec<(String, String)>>::from_request_parts(parts, state).await {
            Ok(Query(pairs)) => Ok(Self(pairs)),
            Err(QueryRejection::FailedToDeserializeQueryString(_)) | Err(_) => {
                Err(AbloError::new(Code::InvalidRequest, "The query string cannot be read.").into())
            }
        }
    }
}

impl Params {
    /// The first value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
