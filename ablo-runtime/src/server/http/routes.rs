//! Every route, once: the router is made of these lists, and whoever must know all routes reads them.

use axum::Router;

use super::{auth, bootstrap, claims, models, operations, presence, sync, tasks, writes};
use crate::server::state::Shared;
use crate::server::ws;

/// A route of the server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    /// Its method. What takes `GET` takes `HEAD` too.
    pub method: &'static str,
    /// Its path from the root; names in braces stand for anything.
    pub path: String,
    /// Whether it answers nobody without a credential that works.
    pub is_guarded: bool,
}

macro_rules! routes {
    ($($(#[$doc:meta])* $make:ident as $list:ident { $($method:ident $path:literal => $handler:path;)* })*) => {$(
        $(#[$doc])*
        pub fn $make() -> Router<Shared> {
            Router::new()$(.route($path, axum::routing::$method($handler)))*
        }

        const $list: &[(&str, &str)] = &[$((stringify!($method), $path)),*];
    )*};
}

routes! {
    /// The stateless data plane, under `/api/v1` and `/v1`.
    data_plane as DATA_PLANE {
        get "/models/{model}" => models::list;
        post "/models/{model}" => writes::create;
        get "/models/{model}/{id}" => models::read;
        patch "/models/{model}/{id}" => writes::update;
        delete "/models/{model}/{id}" => writes::delete;
        post "/models/{model}/{id}/claim" => claims::acquire;
        delete "/models/{model}/{id}/claim" => claims::release;
        post "/models/{model}/{id}/claim/reorder" => claims::reorder;
        post "/commits" => writes::commit;
        get "/intents" => claims::list;
        post "/intents" => claims::begin;
        delete "/intents/{id}" => claims::end;
        post "/capabilities" => auth::create;
        get "/capabilities/{id}" => auth::read;
        delete "/capabilities/{id}" => auth::revoke;
        post "/capabilities/{id}/rotate" => auth::rotate;
        post "/tasks" => tasks::open;
        post "/tasks/{id}/close" => tasks::close;
        post "/datasource" => operations::datasource;
    }

    /// What realtime clients call beside their socket, under `/api`.
    sync_plane as SYNC_PLANE {
        post "/auth/capability" => auth::exchange;
        get "/auth/identity" => auth::identity;
        get "/auth/check" => auth::check;
        get "/sync/bootstrap" => bootstrap::bootstrap;
        post "/sync/query" => sync::query;
        get "/sync/entity/{typename}/{id}" => sync::entity;
        post "/agent/turn" => tasks::open;
        post "/agent/turn/{id}/close" => tasks::close;
        get "/presence" => presence::list;
        post "/presence" => presence::report;
    }

    /// What finds its credential elsewhere than in a header.
    sockets as SOCKETS {
        get "/api/sync/ws" => ws::upgrade;
    }

    /// What machines ask a server about itself. These need no credential and say nothing about any organization.
    open as OPEN {
        get "/livez" => operations::live;
        get "/readyz" => operations::ready;
        get "/version" => operations::version;
        get "/metrics" => operations::metrics;
        get "/v1/openapi.json" => operations::openapi;
        get "/api/v1/openapi.json" => operations::openapi;
        get "/v1/docs" => operations::docs;
        get "/api/v1/docs" => operations::docs;
        get "/api/health" => operations::health;
        get "/health" => operations::health;
    }
}

/// Every route the server answers.
#[must_use]
pub fn routes() -> Vec<Route> {
    let lists: [(&str, &[_], bool); 5] = [
        ("/api", SYNC_PLANE, true),
        ("/api/v1", DATA_PLANE, true),
        ("/v1", DATA_PLANE, true),
        ("", SOCKETS, true),
        ("", OPEN, false),
    ];
    let of = |(prefix, list, is_guarded): (&'static str, &'static [(&'static str, &str)], bool)| {
        list.iter().map(move |(method, path)| Route { method, path: format!("{prefix}{path}"), is_guarded })
    };
    lists.into_iter().flat_map(of).collect()
}
