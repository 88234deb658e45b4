//! Sections 1 to 2.5 and 2.8: where the server is, carrying a credential, exchanging it, being told why it does not work.

use ablo_runtime::server::auth::Mint;
use ablo_schema::wire::{ApiKey, KeyEnv, KeyKind, ParticipantKind, ParticipantRef};
use serde_json::{Value, json};

use super::Api;

/// A key of the development organization, made as a backend's configuration would.
fn mint(kind: KeyKind, participant: ParticipantKind) -> Mint {
    Mint::new(kind, KeyEnv::Test, "org_dev", ParticipantRef { kind: participant, id: "someone".into() })
}

/// What a realtime client sends when it is given any key but a publishable one.
fn exchange() -> Value {
    json!({ "participantKind": "system", "wideScope": true, "ttlSeconds": 3600 })
}

fn seconds_left(answer: &Value) -> i64 {
    let end: ablo_schema::time::Timestamp = answer["expiresAt"].as_str().unwrap().parse().unwrap();
    end.as_second() - ablo_schema::time::Timestamp::now().as_second()
}

/// 1.1: Every path is served under `/api`, the data plane also without it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_data_plane_has_two_roots() {
    let api = Api::start().await;
    api.row("tasks", "t1", json!({ "title": "one" })).await;
    for root in ["/api/v1", "/v1"] {
        api.get(format!("{root}/models/tasks/t1")).await.is(200).reads(json!({ "data": { "title": "one" } }));
    }
    api.get("/v1/auth/identity").await.fails(404, "route_not_found");
    api.get("/auth/identity").await.fails(404, "route_not_found");
}

/// 1.2: The health check says that the server is healthy, to anyone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_needs_no_key() {
    let api = Api::start().await;
    let answer = api.get("/api/health").without_token().await.is(200);
    assert_eq!(answer.body, json!({ "status": "healthy" }));
}

/// 2.1: The credential is a bearer token in the `Authorization` header, its scheme in any case; nothing else carries one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_credential_is_a_bearer_token() {
    let api = Api::start().await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let header = format!("{scheme} {}", api.key);
        api.get("/api/auth/identity").without_token().header("Authorization", &header).await.is(200);
    }
    for header in ["", "Bearer", "Bearer ", "Basic c2s6"] {
        let call = api.get("/api/auth/identity").without_token().header("Authorization", header);
        call.await.fails(401, "auth_no_credentials");
    }
    let cookie = format!("token={}; Authorization=Bearer {}", api.key, api.key);
    api.get("/api/auth/identity").without_token().header("Cookie", &cookie).await.fails(401, "auth_no_credentials");
    let query = format!("/api/auth/identity?token={0}&access_token={0}", api.key);
    api.get(query).without_token().await.fails(401, "auth_no_credentials");
}

/// 2.1: Query parameters that a client adds to every data plane URL change nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_query_parameters_are_tolerated() {
    let api = Api::start().await;
    api.row("tasks", "t1", json!({ "title": "one" })).await;
    let extra = "dq=1&tenant=acme&tenant=b&flag&empty=&x%5B%5D=1&project_id=nope";
    api.get(format!("/api/v1/models/tasks?{extra}")).await.is(200).reads(json!({ "data": [{ "id": "t1" }] }));
    api.get(format!("/api/v1/models/tasks/t1?{extra}")).await.is(200);
    let data = json!({ "data": { "title": "two" } });
    api.write("PATCH", format!("/api/v1/models/tasks/t1?{extra}"), data).await.is(200);
    api.post(format!("/api/v1/models/tasks/t1/claim?{extra}"), &json!({})).await.is(201);
    api.get(format!("/api/v1/intents?{extra}")).await.is(200).reads(json!({ "intents": [{ "status": "active" }] }));
    api.call("DELETE", format!("/api/v1/models/tasks/t1/claim?{extra}")).await.is(200);
    api.post(format!("/api/v1/tasks?{extra}"), &json!({ "prompt": "x" })).await.is(200);
    api.get(format!("/api/sync/bootstrap?{extra}")).await.is(200);
}

/// 2.2: A publishable key reads its identity and acts as itself: it reads, and is never exchanged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publishable_key_reads() {
    let api = Api::start().await;
    api.row("tasks", "t1", json!({ "title": "one" })).await;
    let (key, _) = api.served.server.book.mint(mint(KeyKind::Publishable, ParticipantKind::System)).unwrap();
    let key = key.secret();
    api.get("/api/auth/identity").token(key).await.is(200).reads(json!({ "accountScope": "org_dev", "userMeta": {} }));
    api.get("/api/sync/bootstrap?models=Task").token(key).await.is(200).reads(json!({ "models": { "Task": [{}] } }));
    let write = json!({ "data": { "title": "two" } });
    let refused = api.write("PATCH", "/api/v1/models/tasks/t1", write).token(key).await;
    refused.fails(403, "capability_scope_denied").reads(json!({ "requiredCapability": { "scope": "tasks.update" } }));
    for path in ["/api/auth/capability", "/api/v1/capabilities"] {
        api.post(path, &exchange()).token(key).await.fails(403, "capability_scope_denied");
    }
}

/// 2.2: A session given as an API key is exchanged for itself: the same participant, groups and operations, ending no later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_exchanged_for_itself() {
    let api = Api::start().await;
    let sessions = [
        json!({ "participantKind": "agent", "participantId": "agent:w", "operations": ["tasks.update"],
            "syncGroups": ["project:p1"], "ttlSeconds": 900, "userMeta": { "a": 1 } }),
        json!({ "participantKind": "user", "participantId": "u_1", "ttlSeconds": 900 }),
    ];
    for asked in sessions {
        let first = api.post("/api/auth/capability", &asked).await.is(200).body;
        let mut token = first["token"].as_str().unwrap().to_owned();
        // A refresh timer does it again and again.
        for _ in 0..3 {
            let again = api.post("/api/auth/capability", &exchange()).token(&token).await.is(200);
            assert_eq!((&again.body["scope"], &again.body["userMeta"]), (&first["scope"], &first["userMeta"]));
            assert!(seconds_left(&again.body) <= seconds_left(&first), "{}", again.text);
            token = again.body["token"].as_str().unwrap().to_owned();
            // As long as it asks for no less, it gets itself: a client whose session is about to end does nothing else.
            assert_eq!(token, first["token"].as_str().unwrap());
            let prefix = if asked["participantKind"] == "agent" { "rk_test_" } else { "ek_test_" };
            assert!(token.starts_with(prefix), "{token}");
        }
        let who = api.get("/api/auth/identity").token(&token).await.is(200);
        assert_eq!(who.body["participantId"], asked["participantId"]);
    }
}

/// 2.2: An exchange by a session narrows on request and widens never, whatever it names.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_never_widens() {
    let api = Api::start().await;
    let token = api
        .session(
            json!({ "participantKind": "agent", "participantId": "agent:w", "syncGroups": ["project:p1", "project:p2"],
            "operations": ["tasks.read", "tasks.update"] }),
        )
        .await;
    let had = (json!(["project:p1", "project:p2"]), json!(["tasks.read", "tasks.update"]));
    let table = [
        (json!({}), had.clone()),
        (json!({ "wideScope": true }), had.clone()),
        (json!({ "operations": ["*"] }), had.clone()),
        (json!({ "syncGroups": [] }), had.clone()),
        (json!({ "syncGroups": ["default"] }), had.clone()),
        (json!({ "participantKind": "user", "participantId": "boss" }), had.clone()),
        (json!({ "syncGroups": ["project:p2", "org:org_dev"] }), (json!(["project:p2"]), had.1.clone())),
        (json!({ "operations": ["tasks.update", "tasks.delete"] }), (had.0.clone(), json!(["tasks.update"]))),
        // The same operation in another spelling of its model.
        (json!({ "operations": ["task.update"] }), (had.0.clone(), json!(["task.update"]))),
    ];
    for (asked, (groups, operations)) in table {
        let scope = json!({ "participantId": "agent:w", "syncGroups": groups, "operations": operations });
        api.post("/api/auth/capability", &asked).token(&token).await.is(200).reads(json!({ "scope": scope }));
    }
}

/// 2.3: A key of our form with a wrong checksum, an unknown key, an older key of another form: none works, none is looked at twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_not_ours_is_invalid() {
    let api = Api::start().await;
    for key in [
        "sk_test_0123456789ABCDEFGHIJKLMNOPQRST06ImRt",
        "sk_test_0123456789ABCDEFGHIJKLMNOPQRST06ImRu",
        "sk_live_legacy-opaque_key",
        "xx_test_0123456789ABCDEFGHIJKLMNOPQRST06ImRt",
        "sk_prod_abc",
        "nonsense",
        "sk_test_",
    ] {
        let answer = api.get("/api/auth/identity").token(key).await.fails(401, "apikey_invalid");
        assert_eq!(answer.header("x-auth-failure"), Some("apikey_invalid"));
    }
}

/// The last six characters of a key's body, of what stands before them.
fn checksum(text: &str) -> String {
    let shifted = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    let byte = |crc: u32, byte: u8| (0..8).fold(crc ^ u32::from(byte), |crc, _| shifted(crc));
    let crc = !text.bytes().fold(u32::MAX, byte);
    let alphabet: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
    (0..6).rev().map(|place| alphabet[(crc / 62_u32.pow(place) % 62) as usize]).collect()
}

/// 2.3: A key that is made here has a body of 36 characters that ends in its checksum; with any other end it is invalid.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_minted_key() {
    assert_eq!(checksum("sk_test_0123456789ABCDEFGHIJKLMNOPQRST"), "06ImRt", "as others compute it");
    let api = Api::start().await;
    let agent = api.session(json!({ "participantKind": "agent", "participantId": "a" })).await;
    let person = api.session(json!({ "participantKind": "user", "participantId": "u" })).await;
    for (key, kind) in [(&api.key, "sk_test_"), (&agent, "rk_test_"), (&person, "ek_test_")] {
        let body = key.strip_prefix(kind).unwrap();
        assert!(body.len() == 36 && body.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{key}");
        let (random, end) = key.split_at(key.len() - 6);
        assert_eq!(checksum(random), end);
        let other = format!("{random}{}", checksum(end));
        api.get("/api/auth/identity").token(&other).await.fails(401, "apikey_invalid");
    }
}

/// 2.3: An older key without a checksum works when it is known.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_opaque_key_works() {
    let api = Api::start().await;
    let key = ApiKey::parse("sk_test_legacy-opaque_key").unwrap();
    api.served.server.book.adopt(&key, mint(KeyKind::Secret, ParticipantKind::System)).unwrap();
    api.get("/api/auth/identity").token(key.secret()).await.is(200);
}

/// 2.4: A backend's realtime client exchanges its secret key for a token, and reads who it is from the answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_key_is_exchanged() {
    let api = Api::start().await;
    let made = api.post("/api/auth/capability", &exchange()).await.is(200).reads(json!({
        "organizationId": "org_dev",
        "scope": {
            "organizationId": "org_dev",
            "participantKind": "system",
            "syncGroups": ["org:org_dev"],
            "operations": ["*"],
        },
        "userMeta": {},
    }));
    for text in ["/capabilityId", "/token", "/expiresAt", "/scope/participantId"] {
        let text = made.body.pointer(text).and_then(Value::as_str);
        assert!(text.is_some_and(|text| !text.is_empty()), "{}", made.text);
    }
    assert!((3_500..=3_600).contains(&seconds_left(&made.body)), "{}", made.text);
    // Refreshed by the same body, it is the same participant: what it holds it goes on holding.
    let again = api.post("/api/auth/capability", &exchange()).await.is(200);
    assert_eq!(again.body["scope"], made.body["scope"]);
    let token = made.body["token"].as_str().unwrap();
    api.get("/api/sync/bootstrap?syncGroups=org%3Aorg_dev&models=Project%2CTask").token(token).await.is(200);
}

/// 2.4: A client of kind `agent` exchanges the same way and is an agent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_exchanges_its_key() {
    let api = Api::start().await;
    let body = json!({ "participantKind": "agent", "wideScope": true, "ttlSeconds": 3600 });
    let made = api.post("/api/auth/capability", &body).await.is(200);
    let made = made.reads(json!({ "scope": { "participantKind": "agent", "operations": ["*"] } }));
    assert!(made.body["token"].as_str().unwrap().starts_with("rk_test_"), "{}", made.text);
    // The internal options name a participant.
    for (member, kind) in [("agent:7", "agent"), ("u_7", "system")] {
        let body = json!({ "participantKind": kind, "participantId": member, "wideScope": true, "ttlSeconds": 3600 });
        let scope = json!({ "scope": { "participantId": member, "participantKind": kind } });
        api.post("/api/auth/capability", &body).await.is(200).reads(scope);
    }
}

/// 2.4: A session for a person: an `ek_` token with every operation, the groups of its organization and of the person.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_for_a_person() {
    let api = Api::start().await;
    let asked = json!({ "participantKind": "user", "participantId": "u_1", "ttlSeconds": 900 });
    let made = api.post("/api/auth/capability", &asked).await.is(200).reads(json!({
        "organizationId": "org_dev",
        "scope": { "participantKind": "user", "participantId": "u_1", "operations": ["*"],
            "syncGroups": ["org:org_dev", "user:u_1"] },
        "userMeta": {},
    }));
    assert!(made.body["token"].as_str().unwrap().starts_with("ek_test_"), "{}", made.text);
    assert!((800..=900).contains(&seconds_left(&made.body)), "{}", made.text);
    // What the backend says about the person is part of its identity, except who it is.
    let asked = json!({ "participantKind": "user", "participantId": "u_2", "ttlSeconds": 900,
        "userMeta": { "teamIds": ["a", "b"], "userId": "u_1", "organizationId": "org_other" } });
    let made = api.post("/api/auth/capability", &asked).await.is(200);
    made.reads(json!({ "scope": { "syncGroups": ["org:org_dev", "user:u_2", "team:a", "team:b"] },
        "userMeta": { "teamIds": ["a", "b"] } }));
}

/// 2.4: A session for an agent: an `rk_` token that echoes the groups, operations and notes it was asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_for_an_agent() {
    let api = Api::start().await;
    let asked = json!({ "participantKind": "agent", "participantId": "agent:w", "syncGroups": ["project:prj_1"],
        "operations": ["tasks.read", "tasks.update", "projects.read"], "ttlSeconds": 600, "userMeta": { "a": 1 } });
    let made = api.post("/api/auth/capability", &asked).await.is(200).reads(json!({
        "scope": { "participantKind": "agent", "participantId": "agent:w", "syncGroups": ["project:prj_1"],
            "operations": ["tasks.read", "tasks.update", "projects.read"] },
        "userMeta": { "a": 1 },
    }));
    assert!(made.body["token"].as_str().unwrap().starts_with("rk_test_"), "{}", made.text);
    assert!((500..=600).contains(&seconds_left(&made.body)), "{}", made.text);
    // Without groups it has those of its organization.
    let asked = json!({ "participantKind": "agent", "participantId": "agent:w", "operations": ["tasks.update"],
        "ttlSeconds": 900 });
    let made = api.post("/api/auth/capability", &asked).await.is(200);
    made.reads(json!({ "scope": { "syncGroups": ["org:org_dev"] } }));
}

/// 2.4: What cannot be read is refused with a code; a life in parts of a second is rounded up, a long one is bounded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_exchanges() {
    let api = Api::start().await;
    for body in [
        json!({ "participantKind": "robot" }),
        json!({ "ttlSeconds": "long" }),
        json!({ "ttlSeconds": -1 }),
        json!({ "syncGroups": "org:org_dev" }),
        json!({ "userMeta": [] }),
    ] {
        api.post("/api/auth/capability", &body).await.fails(400, "invalid_body");
    }
    api.call("POST", "/api/auth/capability").text("{").await.fails(400, "invalid_json");
    for (asked, least, most) in [(json!(0.5), 0, 1), (json!(30.0), 20, 30), (json!(1e12), 2_000_000, 3_000_000)] {
        let body = json!({ "participantKind": "user", "participantId": "u", "ttlSeconds": asked });
        let made = api.post("/api/auth/capability", &body).await.is(200);
        assert!((least..=most).contains(&seconds_left(&made.body)), "{asked}: {}", made.text);
    }
    let nulls = json!({ "participantKind": "user", "participantId": "u", "syncGroups": null, "operations": null,
        "userMeta": null, "label": null, "wideScope": null, "ttlSeconds": null });
    api.post("/api/auth/capability", &nulls).await.is(200).reads(json!({ "userMeta": {} }));
}

/// 2.4: Operations name models in any spelling: `tasks.update` allows a write to `task`, and what is not named is denied.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_in_any_spelling() {
    let api = Api::start().await;
    api.row("plans", "p1", json!({ "text": "a" })).await;
    for operation in ["plans.update", "plan.update", "planmodel.update", "PlanModel.update", "*"] {
        let asked = json!({ "participantKind": "agent", "participantId": "a", "operations": [operation] });
        let token = api.session(asked).await;
        for spelling in ["plans", "PlanModel", "planmodel", "plan", "Plans", "PLAN"] {
            let data = json!({ "data": { "text": "b" } });
            api.write("PATCH", format!("/api/v1/models/{spelling}/p1"), data).token(&token).await.is(200);
        }
    }
    let asked =
        json!({ "participantKind": "agent", "participantId": "a", "operations": ["plans.read", "tasks.update"] });
    let token = api.session(asked).await;
    let denied = api.write("PATCH", "/api/v1/models/plans/p1", json!({ "data": { "text": "c" } })).token(&token).await;
    denied.fails(403, "capability_scope_denied").reads(json!({
        "type": "AbloPermissionError", "requiredCapability": { "scope": "plans.update" } }));
}

/// 2.4: Each operation of an allowlist allows what it names, of its model alone; archiving and bringing back are updates.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_operation_allows_itself_alone() {
    let api = Api::start().await;
    let kinds = ["create", "update", "archive", "unarchive", "delete"];
    let table = [
        (json!(["tasks.read"]), ""),
        (json!(["tasks.create"]), "create"),
        (json!(["tasks.update"]), "update archive unarchive"),
        (json!(["tasks.delete"]), "delete"),
        (json!(["tasks.read", "tasks.create", "tasks.delete"]), "create delete"),
        (json!(["plans.create", "plans.update", "plans.delete"]), ""),
        (json!(["*"]), "create update archive unarchive delete"),
        (json!([]), ""),
    ];
    for (operations, allowed) in table {
        let asked = json!({ "participantKind": "agent", "participantId": "agent:w", "operations": operations });
        let token = api.session(asked).await;
        for kind in kinds {
            let id = crate::served::uuid();
            if kind != "create" {
                api.row("tasks", &id, json!({ "title": "a" })).await;
            }
            let data = if kind == "create" || kind == "update" { json!({ "title": "b" }) } else { Value::Null };
            let operation = json!({ "action": kind, "model": "tasks", "id": id, "data": data });
            let commit = json!({ "clientTxId": crate::served::uuid(), "operations": [operation] });
            let answer = api.post("/api/v1/commits", &commit).token(&token).await;
            let is_allowed = allowed.split(' ').any(|one| one == kind);
            let status = if is_allowed { 200 } else { 403 };
            assert_eq!(answer.status, status, "{operations} {kind}: {}", answer.text);
        }
    }
}

/// 2.4: Operations are about writes: whoever may only write reads what its groups reach, as it does after each claim.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reading_needs_no_operation() {
    let api = Api::start().await;
    api.row("tasks", "t1", json!({ "title": "one" })).await;
    for operations in [json!(["tasks.update"]), json!([])] {
        let asked = json!({ "participantKind": "agent", "participantId": "agent:w", "operations": operations });
        let token = api.session(asked).await;
        api.get("/api/v1/models/task?limit=1").token(&token).await.reads(json!({ "data": [{ "id": "t1" }] }));
        api.get("/api/v1/models/tasks/t1").token(&token).await.is(200);
        let query = json!({ "queries": [{ "model": "Task", "where": [] }] });
        api.post("/api/sync/query", &query).token(&token).await.reads(json!({ "results": [[{ "id": "t1" }]] }));
    }
}

/// 2.5: The identity of a credential: its participant, organization, groups and notes, all of them always there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_identity() {
    let api = Api::start().await;
    for (kind, id, groups) in [
        ("user", "u_1", json!(["org:org_dev", "user:u_1"])),
        ("agent", "agent:w", json!(["org:org_dev"])),
        ("system", "backend", json!(["org:org_dev"])),
    ] {
        let token = api.session(json!({ "participantKind": kind, "participantId": id, "ttlSeconds": 900 })).await;
        let who = api.get("/api/auth/identity").header("Accept", "application/json").token(&token).await.is(200);
        assert_eq!(
            who.body,
            json!({ "participantKind": kind, "participantId": id, "accountScope": "org_dev", "syncGroups": groups,
                "userMeta": {} })
        );
    }
}

/// 2.8: The reconnect probe of a good credential is answered without a body and without a reason.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_probe_of_a_good_credential() {
    let api = Api::start().await;
    let answer = api.call("HEAD", "/api/auth/check").header("Cache-Control", "no-cache").await;
    assert!((200..300).contains(&answer.status), "{}", answer.head);
    assert_eq!((answer.header("x-auth-failure"), answer.text.as_str()), (None, ""));
}

/// 2.8: A probe that fails says why in `X-Auth-Failure`, in a code whose recovery is what the client is to do, and has no body.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_probe_of_a_bad_credential() {
    let api = Api::start().await;
    let book = &api.served.server.book;
    let (revoked, credential) = book.mint(mint(KeyKind::Secret, ParticipantKind::System)).unwrap();
    let child = api.post("/api/auth/capability", &exchange()).token(revoked.secret()).await.is(200);
    book.revoke(&credential.id).unwrap();
    let ttl = Some(std::time::Duration::ZERO);
    let (expired, _) = book.mint(Mint { ttl, ..mint(KeyKind::Ephemeral, ParticipantKind::User) }).unwrap();
    let table = [
        (expired.secret(), "apikey_expired"),
        (revoked.secret(), "apikey_revoked"),
        (child.body["token"].as_str().unwrap(), "apikey_revoked"),
        ("sk_test_0123456789ABCDEFGHIJKLMNOPQRST06ImRt", "apikey_invalid"),
    ];
    for (token, code) in table {
        let probe = api.call("HEAD", "/api/auth/check").token(token).await.is(401);
        assert_eq!((probe.header("x-auth-failure"), probe.text.as_str()), (Some(code), ""));
        // The same on every other route, with a body that has the code as well.
        api.get("/api/sync/bootstrap").token(token).await.fails(401, code);
    }
    let probe = api.call("HEAD", "/api/auth/check").without_token().await.is(401);
    assert_eq!(probe.header("x-auth-failure"), Some("auth_no_credentials"));
}

/// 2.8: A refusal that has nothing to do with the login carries no `X-Auth-Failure`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_failures_are_no_login_failures() {
    let api = Api::start().await;
    let token = api.session(json!({ "participantKind": "agent", "participantId": "a", "operations": [] })).await;
    let denied = api.write("POST", "/api/v1/models/tasks", json!({ "data": { "title": "x" } })).token(&token).await;
    for answer in [denied.is(403), api.get("/api/nope").await.is(404), api.get("/api/v1/models/nope").await.is(400)] {
        assert_eq!(answer.header("x-auth-failure"), None, "{}", answer.head);
    }
}
