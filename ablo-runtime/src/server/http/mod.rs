//! The HTTP side: routes, who may call them, and how they answer.

mod auth;
mod bootstrap;
mod caller;
mod claims;
mod edge;
mod failure;
mod input;
mod models;
mod operations;
mod pipe;
mod presence;
mod reference;
mod routes;
mod rows;
mod sync;
mod tasks;
mod writes;

use axum::Router;
use axum::middleware::from_fn_with_state;

pub use caller::Caller;
pub use failure::{AUTH_FAILURE, Failure};
pub use input::Params;
pub use routes::{Route, routes};

use super::state::Shared;

/// Everything the server answers, to be mounted anywhere.
pub fn router(server: &Shared) -> Router {
    let guarded = Router::new()
        .nest("/api", routes::sync_plane().nest("/v1", routes::data_plane()))
        .nest("/v1", routes::data_plane())
        // A layer of the routes themselves: only what matched a route gets here, so no spelling of a path avoids it.
        .route_layer(from_fn_with_state(server.clone(), caller::authenticate));
    Router::new()
        .merge(guarded)
        .merge(routes::sockets())
        .merge(routes::open())
        .fallback(failure::no_route)
        .method_not_allowed_fallback(failure::no_method)
        .layer(from_fn_with_state(server.clone(), edge::edge))
        .with_state(server.clone())
}
