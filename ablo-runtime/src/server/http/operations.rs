use ablo_schema::openapi;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};

use super::caller::Caller;
use super::edge::CONTRACT;
use super::reference;
use crate::server::state::Shared;
use crate::server::telemetry;

/// That the process runs.
pub async fn live() -> &'static str {
    "ok"
}

/// The same, in the words of the contract.
pub async fn health() -> Json<Value> {
    Json(json!({ "status": "healthy" }))
}

/// Whether it can be sent clients now.
pub async fn ready(State(server): State<Shared>) -> Response {
    if server.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining").into_response();
    }
    match server.is_store_well().await {
        true => (StatusCode::OK, "ready").into_response(),
        false => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer").into_response(),
    }
}

/// What is running, and over which schema.
pub async fn version(State(server): State<Shared>) -> Json<Value> {
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "contract": CONTRACT,
        "schemaHash": server.schema.hash().to_string(),
    }))
}

/// What there is to call, for programs.
pub async fn openapi(State(server): State<Shared>) -> Response {
    // Without an address of its own: the document is right wherever it was read.
    let options = openapi::Options { server_url: "/api".to_owned(), ..openapi::Options::default() };
    ([(CONTENT_TYPE, "application/json")], openapi::document(&server.schema, &options).to_pretty()).into_response()
}

/// The same, for people.
pub async fn docs(State(server): State<Shared>) -> Html<String> {
    Html(reference::page(&server.schema))
}

/// What it counted, as Prometheus reads it.
pub async fn metrics(State(server): State<Shared>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], server.metrics.render()).into_response()
}

/// `POST /v1/datasource`: this server keeps its own rows, and says so without looking at a database's password.
///
/// Clients send what they find in `DATABASE_URL` and do not start when it is refused, though it was often meant for
/// something else.
pub async fn datasource(_caller: Caller) -> Json<Value> {
    telemetry::database_not_used();
    Json(json!({
        "object": "datasource",
        "registered": false,
        "message": "This server keeps its own rows, and the database is not used; `--store` chooses where they are kept.",
    }))
}
