//! Section 2: carrying a credential, exchanging it, being told why it does not work.

use serde_json::json;

use super::Api;

/// 2.4: A backend's realtime client exchanges its secret key for a token, and reads who it is from the answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_key_is_exchanged() {
    let api = Api::start().await;
    let body = json!({ "participantKind": "system", "wideScope": true, "ttlSeconds": 3600 });
    let made = api.post("/api/auth/capability", &body).await.is(200).reads(json!({
        "organizationId": "org_dev",
        "scope": {
            "organizationId": "org_dev",
            "participantKind": "system",
            "syncGroups": ["org:org_dev"],
            "operations": ["*"],
        },
        "userMeta": {},
    }));
    for member in ["capabilityId", "token", "expiresAt"] {
        assert!(made.body[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {}", made.text);
    }
    assert!(made.body["scope"]["participantId"].as_str().is_some_and(|text| !text.is_empty()), "{}", made.text);
}
