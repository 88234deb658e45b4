//! A person's token of a trusted issuer, over HTTP and a socket, with keys fetched from a server that rotates them.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/served.rs"]
mod served;
mod support;

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ablo_runtime::server::auth::{IssuerKeys, IssuerOrganization, TrustedIssuer};
use ablo_runtime::server::{ServeOptions, mint_key};
use ablo_schema::error::Code;
use ablo_schema::wire::{KeyEnv, KeyKind};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use served::Served;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn key(name: &str) -> (EncodingKey, Algorithm) {
    match name {
        "rsa" => (EncodingKey::from_rsa_der(include_bytes!("data/jwt/rsa.der")), Algorithm::RS256),
        _ => (EncodingKey::from_ec_der(include_bytes!("data/jwt/ec.der")), Algorithm::ES256),
    }
}

fn set(name: &str) -> String {
    let (secret, algorithm) = key(name);
    let mut public = Jwk::from_encoding_key(&secret, algorithm).unwrap();
    public.common.key_id = Some(name.to_owned());
    json!({ "keys": [public] }).to_string()
}

fn token(name: &str, changes: &Value) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut claims = json!({ "iss": "https://id.example", "aud": ["ablo"], "sub": "u1", "exp": (now + Duration::from_secs(600)).as_secs(), "boxes": ["i1"] });
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let (secret, algorithm) = key(name);
    encode(&Header { kid: Some(name.to_owned()), ..Header::new(algorithm) }, &claims, &secret).unwrap()
}

/// Answers every request with what is published now.
async fn publish(published: Arc<Mutex<String>>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked).await;
            let body = published.lock().unwrap().clone();
            let answer =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{addr}/keys")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_of_a_trusted_issuer_is_let_in_and_nobody_else() {
    let published = Arc::new(Mutex::new(set("rsa")));
    let url = IssuerKeys::Url(publish(published.clone()).await);
    let organization = IssuerOrganization::Fixed("org_1".to_owned());
    let mut issuer = TrustedIssuer::new("https://id.example", "ablo", url, organization);
    issuer.identity.insert("inboxIds".to_owned(), "boxes".to_owned());
    issuer.operations = Some(vec!["tasks.read".to_owned(), "tasks.update".to_owned()]);
    let mut options = ServeOptions::dev(support::schema());
    options.server.issuers = vec![issuer];
    let server = Served::start(options, None).await;
    let backend = mint_key(&server.server.book, KeyKind::Secret, KeyEnv::Live, "org_1").unwrap();
    let task = |id: &str, inbox: &str| json!({ "type": "CREATE", "model": "tasks", "id": id, "input": { "title": "a", "inboxId": inbox } });
    let rows = json!({ "clientTxId": served::uuid(), "operations": [task("t1", "i1"), task("t2", "i2")] });
    assert_eq!(server.post("/v1/commits", &backend, &rows).await.0, 200);

    let good = token("rsa", &json!({}));
    let who = server.get("/api/auth/identity", &good).await;
    assert_eq!(who["participantId"], "u1", "{who}");
    assert_eq!((&who["participantKind"], &who["accountScope"]), (&json!("user"), &json!("org_1")));
    assert_eq!(who["syncGroups"], json!(["user:u1", "inbox:i1"]), "roles read what the claims say");
    let seen = server.get("/v1/models/tasks", &good).await;
    assert_eq!(seen["data"].as_array().unwrap().iter().map(|row| &row["id"]).collect::<Vec<_>>(), ["t1"]);
    assert_eq!(
        server.request("PATCH", "/v1/models/tasks/t1", &good, &json!({ "data": { "title": "b" } })).await.0,
        200
    );
    assert_eq!(
        server.request("DELETE", "/v1/models/tasks/t1", &good, &Value::Null).await.0,
        403,
        "not among its operations"
    );

    let mut socket = server.ready(&good, &[], 0).await;
    let receipt =
        socket.commit(&json!([{ "type": "UPDATE", "model": "tasks", "id": "t1", "input": { "title": "c" } }])).await;
    assert_eq!(receipt["success"], true, "{receipt}");
    // A session of its own, never wider, as with every other credential.
    let (status, own) =
        server.post("/api/auth/capability", &good, &json!({ "participantKind": "system", "wideScope": true })).await;
    assert_eq!(
        (status, &own["scope"]["participantId"], &own["scope"]["operations"]),
        (200, &json!("u1"), &json!(["tasks.read", "tasks.update"]))
    );

    for (changes, code) in [
        (json!({ "exp": 1 }), "jwt_expired"),
        (json!({ "aud": "other" }), "jwt_audience_mismatch"),
        (json!({ "iss": "https://evil.example" }), "jwt_issuer_untrusted"),
        (json!({ "sub": null }), "jwt_missing_subject"),
    ] {
        let (status, head, _) = server.request("HEAD", "/api/auth/check", &token("rsa", &changes), &Value::Null).await;
        assert_eq!(status, 401);
        assert!(head.contains(&format!("x-auth-failure: {code}")), "{changes}: {head}");
    }
    let unknown = server.request("GET", "/api/auth/identity", &token("ec", &json!({})), &Value::Null).await;
    assert_eq!(
        (unknown.0, &unknown.2["code"]),
        (401, &json!("jwt_signature_invalid")),
        "a key that is not published (yet)"
    );

    // Revoked here, its socket is closed, and the token works no more although its issuer would have it so.
    let all =
        server.server.book.find(&format!("jwt_{}", &ablo_runtime::server::auth::sha256_hex(&good)[..24])).unwrap();
    let (status, _, gone) =
        server.request("DELETE", &format!("/v1/capabilities/{}", all.id), &backend, &Value::Null).await;
    assert_eq!((status, &gone["deleted"]), (200, &json!(true)), "{gone}");
    assert_eq!(socket.closed().await, Some(4001));
    let (_, head, _) = server.request("HEAD", "/api/auth/check", &good, &Value::Null).await;
    assert!(head.contains("x-auth-failure: apikey_revoked"), "{head}");
    assert_eq!(server.request("GET", "/api/auth/identity", own["token"].as_str().unwrap(), &Value::Null).await.0, 401);
}

/// The probe of a client that reconnects: by the code in `X-Auth-Failure` it fetches a fresh key, has its person sign in
/// again, or stops; without one it tries again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_is_told_what_to_do_about_each_login_that_fails() {
    let issuer =
        |name: &str, keys| TrustedIssuer::new(name, "ablo", keys, IssuerOrganization::Fixed("org_1".to_owned()));
    let mut options = ServeOptions::dev(support::schema());
    options.server.issuers = vec![
        issuer("https://id.example", IssuerKeys::Inline(set("rsa"))),
        issuer("https://gone.example", IssuerKeys::Url("https://localhost:1/keys".to_owned())),
    ];
    let server = Served::start(options, None).await;
    let book = &server.server.book;
    let key = mint_key(book, KeyKind::Secret, KeyEnv::Live, "org_1").unwrap();
    let mint = async |ttl: Value| {
        let asked = json!({ "syncGroups": ["inbox:i1"], "ttlSeconds": ttl });
        let made = server.post("/v1/capabilities", &key, &asked).await.1;
        (made["id"].as_str().unwrap().to_owned(), made["token"].as_str().unwrap().to_owned())
    };
    let ((old, expired), (gone, revoked)) = (mint(json!(600)).await, mint(json!(600)).await);
    assert_eq!(server.post(&format!("/v1/capabilities/{old}/rotate"), &key, &json!({})).await.0, 200);
    book.revoke(&gone).unwrap();
    let table = [
        (expired, 401, "apikey_expired", "access_credential_expiry"),
        (token("rsa", &json!({ "exp": 1 })), 401, "jwt_expired", "session_expiry"),
        (revoked, 401, "apikey_revoked", "auth_blocked"),
        (token("rsa", &json!({ "aud": "other" })), 401, "jwt_audience_mismatch", "auth_blocked"),
        ("sk_test_unknown".to_owned(), 401, "apikey_invalid", "auth_blocked"),
        // Nothing is known against it: a header would end what a second attempt may mend.
        (token("rsa", &json!({ "iss": "https://gone.example" })), 503, "", "transient"),
    ];
    for (token, status, code, recovery) in table {
        let (got, head, _) = server.request("HEAD", "/api/auth/check", &token, &Value::Null).await;
        let told = head.lines().find_map(|line| line.strip_prefix("x-auth-failure: ")).unwrap_or_default();
        assert_eq!((got, told), (status, code));
        let code = if code.is_empty() { "identity_network_error" } else { code };
        let known = Code::ALL.iter().find(|known| known.as_str() == code).unwrap();
        assert_eq!(known.recovery().as_str(), recovery, "{code}");
    }
    // What a good login may not do is no reason to end it.
    let (_, narrow) = mint(json!(600)).await;
    let (status, head, denied) =
        server.request("POST", "/v1/capabilities", &narrow, &json!({ "wideScope": true })).await;
    assert_eq!((status, &denied["code"]), (403, &json!("wide_scope_forbidden")));
    assert!(!head.contains("x-auth-failure"), "{head}");
}

/// Without a trusted issuer a token is a key nobody knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_issuer_is_trusted_by_itself() {
    let server = Served::start(ServeOptions::dev(support::schema()), None).await;
    let (status, head, _) = server.request("GET", "/api/auth/identity", &token("rsa", &json!({})), &Value::Null).await;
    assert!(status == 401 && head.contains("x-auth-failure: apikey_invalid"), "{status} {head}");
    let mut options = ServeOptions::dev(support::schema());
    let keys = IssuerKeys::Url("http://id.example".to_owned());
    options.server.issuers = vec![TrustedIssuer::new("x", "y", keys, IssuerOrganization::Fixed("org_1".to_owned()))];
    assert_eq!(ablo_runtime::server::start(options).await.err().unwrap().param.as_deref(), Some("keys"));
}
