//! Credentials that do not work.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ablo_runtime::server::auth::Mint;
use ablo_schema::wire::{KeyEnv, KeyKind, ParticipantKind, ParticipantRef};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Map, Value, json};

use crate::served::Served;
use crate::told::Told;

fn secret() -> EncodingKey {
    EncodingKey::from_ec_der(include_bytes!("../data/jwt/ec.der"))
}

/// What the issuer publishes.
pub fn keys() -> String {
    let mut public = Jwk::from_encoding_key(&secret(), Algorithm::ES256).unwrap();
    public.common.key_id = Some("ec".to_owned());
    json!({ "keys": [public] }).to_string()
}

fn token(changes: &Value) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let end = (now + Duration::from_secs(600)).as_secs();
    let mut claims = json!({ "iss": "https://id.example", "aud": ["ablo"], "sub": "u1", "org": "org_dev", "exp": end });
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let claims: Map<String, Value> =
        claims.as_object().unwrap().clone().into_iter().filter(|(_, value)| !value.is_null()).collect();
    encode(&Header { kid: Some("ec".to_owned()), ..Header::new(Algorithm::ES256) }, &claims, &secret()).unwrap()
}

fn mint(kind: KeyKind, ttl: Option<Duration>) -> Mint {
    Mint {
        ttl,
        ..Mint::new(kind, KeyEnv::Test, "org_dev", ParticipantRef { kind: ParticipantKind::Agent, id: "agent".into() })
    }
}

pub async fn are_refused(served: &Served, told: &mut Told) {
    let book = &served.server.book;
    let expired = book.mint(mint(KeyKind::Restricted, Some(Duration::ZERO))).unwrap().0.secret().to_owned();
    let (revoked, credential) = book.mint(mint(KeyKind::Restricted, None)).unwrap();
    book.revoke(&credential.id).unwrap();
    let good = token(&json!({}));
    assert_eq!(served.request("GET", "/api/auth/identity", &good, &Value::Null).await.0, 200);
    let mut forged = good.clone();
    forged.replace_range(good.len() - 6..good.len() - 2, "AAAA");
    let tokens = [
        expired,
        revoked.secret().to_owned(),
        "sk_test_0123456789ABCDEFGHIJKLMNOPQRST06ImRt".to_owned(),
        String::new(),
        "a.b.c".to_owned(),
        forged,
        token(&json!({ "exp": 1 })),
        token(&json!({ "exp": null })),
        token(&json!({ "nbf": 9_000_000_000_u64 })),
        token(&json!({ "aud": "other" })),
        token(&json!({ "iss": "https://evil.example" })),
        token(&json!({ "iss": null })),
        token(&json!({ "iss": "https://gone.example" })),
        token(&json!({ "sub": null })),
        token(&json!({ "org": null })),
    ];
    for token in tokens {
        told.request(served, ("GET", "/api/auth/identity", &token, &Value::Null)).await;
    }
}
