use std::time::Duration;

use ablo_schema::error::{AbloError, Code};
use ablo_schema::openapi;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::caller::Caller;
use super::edge::CONTRACT;
use super::failure::Failure;
use super::reference;
use crate::server::state::Shared;

/// How long the store has to answer before the server is not ready.
const STORE_ANSWERS: Duration = Duration::from_secs(5);

/// What machines ask a server about itself. These need no credential and say nothing about any organization.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route("/version", get(version))
        .route("/metrics", get(metrics))
        .route("/v1/openapi.json", get(openapi))
        .route("/api/v1/openapi.json", get(openapi))
        .route("/v1/docs", get(docs))
        .route("/api/v1/docs", get(docs))
        .route("/api/health", get(health))
        .route("/health", get(health))
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "healthy" }))
}

async fn ready(State(server): State<Shared>) -> Response {
    if server.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining").into_response();
    }
    // Whoever asks has a time limit of its own, but a store that hangs is not ready either way.
    match tokio::time::timeout(STORE_ANSWERS, server.ping()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready").into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer").into_response(),
    }
}

async fn version(State(server): State<Shared>) -> Json<Value> {
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "contract": CONTRACT,
        "schemaHash": server.schema.hash().to_string(),
    }))
}

/// What there is to call, for programs.
async fn openapi(State(server): State<Shared>) -> Response {
    // Without an address of its own: the document is right wherever it was read.
    let options = openapi::Options { server_url: "/api".to_owned(), ..openapi::Options::default() };
    ([(CONTENT_TYPE, "application/json")], openapi::document(&server.schema, &options).to_pretty()).into_response()
}

/// The same, for people.
async fn docs(State(server): State<Shared>) -> Html<String> {
    Html(reference::page(&server.schema))
}

async fn metrics(State(server): State<Shared>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], server.metrics.render()).into_response()
}

/// `POST /v1/datasource`: this server keeps its own rows, and says so instead of taking a database's password.
pub async fn datasource(_caller: Caller) -> Failure {
    Failure(
        AbloError::new(
            Code::InvalidRequest,
            "This server keeps its own rows; start it with `--store` to choose where.",
        )
        .param("connectionString"),
    )
}
