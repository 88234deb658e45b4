//! Rates of requests. How they are counted is tested beside the buckets, with the time passed in.

use serde_json::Value;

use crate::support::TestServer;

#[tokio::test]
async fn a_key_that_asks_too_fast_is_told_when_to_come_back() {
    // Less than one request is earned while the test runs.
    let server = TestServer::with(|options| options.server.limits.requests_per_second = 1).await;
    let key = server.session("u").await;
    let ask = || server.request("GET", "/api/v1/models/tasks", &key, "", "");
    let mut answer = ask().await;
    for _ in 0..200 {
        if answer.status != 200 {
            break;
        }
        answer = ask().await;
    }
    assert_eq!((answer.status, answer.code().as_str()), (429, "rate_limited"), "{answer:?}");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(answer.json()["retryAfterSeconds"], 1);
    // Other keys go on, and so does what needs no key.
    assert_eq!(server.http("GET", "/api/auth/identity", &Value::Null).await.status, 200);
    assert_eq!(server.request("GET", "/livez", &key, "", "").await.status, 200);
}

#[tokio::test]
async fn an_organization_is_limited_whatever_its_keys() {
    let server = TestServer::with(|options| options.server.limits.organization_requests_per_second = 2).await;
    let mut refused = None;
    let keys = [server.session("a").await, server.session("b").await];
    for at in 0..400 {
        let answer = server.request("GET", "/api/v1/models/tasks", &keys[at % 2], "", "").await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.unwrap();
    assert_eq!((refused.status, refused.code().as_str()), (429, "rate_limited"));
    assert!(refused.text.contains("organization"), "{}", refused.text);
}
