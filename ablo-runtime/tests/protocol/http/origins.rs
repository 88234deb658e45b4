//! What browsers ask and what every answer carries.

use ablo_runtime::server::routes;
use serde_json::json;

use super::Api;

const ORIGIN: &str = "https://app.example";

/// 2.8: A browser's preflight is answered on every route, for every method and header a client sends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_has_a_preflight() {
    let api = Api::start().await;
    let wanted = "authorization,cache-control,content-type,idempotency-key,x-custom";
    for route in routes() {
        let mut methods = vec![route.method.to_uppercase()];
        methods.extend((route.method == "get").then(|| "HEAD".to_owned()));
        for method in methods {
            let path = route.path.replace(['{', '}'], "");
            let call = api.call("OPTIONS", path).without_token().header("Origin", ORIGIN);
            let call = call.header("Access-Control-Request-Method", &method);
            let answer = call.header("Access-Control-Request-Headers", wanted).await.is(204);
            assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
            let allowed = answer.header("access-control-allow-methods").unwrap().to_uppercase();
            assert!(allowed.split(", ").any(|known| known == method), "{method} {allowed}");
            assert_eq!(answer.header("access-control-allow-headers"), Some(wanted));
        }
    }
}

/// 2.8: A page may read `X-Auth-Failure`, `x-request-id` and whatever else we add to every answer, failures included.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_exposes_its_headers() {
    let api = Api::start().await;
    for route in routes() {
        let method = route.method.to_uppercase();
        let call = api.call(&method, route.path.replace(['{', '}'], "")).without_token().header("Origin", ORIGIN);
        let answer = call.await;
        assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN), "{}", answer.head);
        let exposed = answer.header("access-control-expose-headers").unwrap();
        for header in ["x-auth-failure", "x-request-id", "ablo-version", "retry-after"] {
            assert!(exposed.split(", ").any(|known| known == header), "{exposed}");
        }
        assert!(answer.header("vary").is_some_and(|vary| vary.contains("origin")), "{}", answer.head);
        assert_eq!(answer.status == 401, route.is_guarded, "{method} {}", route.path);
    }
    let answer = api.get("/api/auth/identity").await.is(200);
    assert_eq!(answer.header("access-control-allow-origin"), None, "who is no page is told nothing about pages");
}

/// 3.1: Every answer says the version of the contract and the id of the request, the caller's own when it sent one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_marked() {
    let api = Api::start().await;
    for path in ["/api/v1/models/tasks", "/api/v1/models/nope", "/nope", "/livez"] {
        let answer = api.get(path).await;
        assert_eq!(answer.header("ablo-version"), Some("2026-06-02"));
        assert!(answer.header("x-request-id").is_some_and(|id| id.starts_with("req_")), "{}", answer.head);
        let named = api.get(path).header("X-Request-Id", "mine-1").await;
        assert_eq!(named.header("x-request-id"), Some("mine-1"));
    }
    let failed = api.get("/api/v1/models/nope").header("X-Request-Id", "mine-2").await;
    failed.reads(json!({ "request_id": "mine-2" }));
}
