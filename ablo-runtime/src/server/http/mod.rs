//! The HTTP side: routes, who may call them, and how they answer.

mod auth;
mod caller;
mod claims;
mod edge;
mod failure;
mod input;
mod models;
mod operations;
mod presence;
mod reference;
mod rows;
mod sync;
mod tasks;
mod writes;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

pub use caller::Caller;
pub use failure::{AUTH_FAILURE, Failure};
pub use input::Params;

use super::state::Shared;
use super::ws;

/// Everything the server answers, to be mounted anywhere.
pub fn router(server: &Shared) -> Router {
    let v1 = v1();
    let api = Router::new().merge(sync_plane()).nest("/v1", v1.clone());
    let guarded = Router::new()
        .nest("/api", api)
        .nest("/v1", v1)
        // A layer of the routes themselves: only what matched a route gets here, so no spelling of a path avoids it.
        .route_layer(from_fn_with_state(server.clone(), caller::authenticate));
    Router::new()
        .merge(guarded)
        .route("/api/sync/ws", get(ws::upgrade))
        .merge(operations::routes())
        .fallback(failure::no_route)
        .method_not_allowed_fallback(failure::no_method)
        .layer(from_fn_with_state(server.clone(), edge::edge))
        .with_state(server.clone())
}

/// The stateless data plane.
fn v1() -> Router<Shared> {
    Router::new()
        .route("/models/{model}", get(models::list).post(writes::create))
        .route("/models/{model}/{id}", get(models::read).patch(writes::update).delete(writes::delete))
        .route("/models/{model}/{id}/claim", post(claims::acquire).delete(claims::release))
        .route("/models/{model}/{id}/claim/reorder", post(claims::reorder))
        .route("/commits", post(writes::commit))
        .route("/intents", get(claims::list).post(claims::begin))
        .route("/intents/{id}", axum::routing::delete(claims::end))
        .route("/capabilities", post(auth::create))
        .route("/capabilities/{id}", get(auth::read).delete(auth::revoke))
        .route("/capabilities/{id}/rotate", post(auth::rotate))
        .route("/tasks", post(tasks::open))
        .route("/tasks/{id}/close", post(tasks::close))
        .route("/datasource", post(operations::datasource))
}

/// What realtime clients call beside their socket.
fn sync_plane() -> Router<Shared> {
    Router::new()
        .route("/auth/capability", post(auth::exchange))
        .route("/auth/identity", get(auth::identity))
        .route("/auth/check", get(auth::check))
        .route("/sync/bootstrap", get(sync::bootstrap))
        .route("/sync/query", post(sync::query))
        .route("/sync/entity/{typename}/{id}", get(sync::entity))
        .route("/agent/turn", post(tasks::open))
        .route("/agent/turn/{id}/close", post(tasks::close))
        .route("/presence", get(presence::list).post(presence::report))
}
