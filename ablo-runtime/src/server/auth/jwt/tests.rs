use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ablo_schema::error::{AbloError, Code};
use ablo_schema::time::Timestamp;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::*;
use crate::server::auth::Mint;

const NOW: i64 = 1_800_000_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

/// A key pair of the tests.
fn key(name: &str) -> (EncodingKey, Algorithm) {
    macro_rules! der {
        ($name:literal) => {
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/jwt/", $name, ".der"))
        };
    }
    match name {
        "rsa" => (EncodingKey::from_rsa_der(der!("rsa")), Algorithm::RS256),
        "short" => (EncodingKey::from_rsa_der(der!("rsa_short")), Algorithm::RS256),
        "ec" => (EncodingKey::from_ec_der(der!("ec")), Algorithm::ES256),
        _ => (EncodingKey::from_ed_der(der!("ed")), Algorithm::EdDSA),
    }
}

/// The set an issuer would publish: the public halves of these keys, by name.
fn set(names: &[&str]) -> String {
    let keys = names.iter().map(|name| {
        if *name == "ed" {
            return json!({ "kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": "hMX52vSj3BQNcsCju4W3BKAXVnYccftRbkOVqldKtPA" });
        }
        let (secret, algorithm) = key(name);
        let mut public = Jwk::from_encoding_key(&secret, algorithm).unwrap();
        public.common.key_id = Some((*name).to_owned());
        serde_json::to_value(public).unwrap()
    });
    json!({ "keys": keys.collect::<Vec<_>>() }).to_string()
}

fn claims() -> Value {
    json!({ "iss": "https://id.example", "aud": "ablo", "sub": "u_1", "org": "org_a", "exp": NOW + 600, "teams": ["t1"] })
}

fn signed(name: &str, claims: &Value) -> String {
    let (secret, algorithm) = key(name);
    let header = Header { kid: Some(name.to_owned()), ..Header::new(algorithm) };
    encode(&header, claims, &secret).unwrap()
}

fn trusted(keys: IssuerKeys) -> TrustedIssuer {
    let organization = IssuerOrganization::Claim("org".to_owned());
    let mut issuer = TrustedIssuer::new("https://id.example", "ablo", keys, organization);
    issuer.identity.insert("teamIds".to_owned(), "teams".to_owned());
    issuer
}

/// An issuer whose answers are written down, the last one for good.
#[derive(Debug, Default)]
struct Answers(Mutex<(usize, VecDeque<Option<String>>)>);

impl FetchKeys for Answers {
    fn fetch(&self, _: &str) -> Result<String, AbloError> {
        let mut state = self.0.lock().unwrap();
        state.0 += 1;
        let answer = if state.1.len() > 1 { state.1.pop_front() } else { state.1.front().cloned() };
        answer.flatten().ok_or_else(|| Code::IdentityNetworkError.into())
    }
}

impl Answers {
    fn of(answers: impl IntoIterator<Item = Option<String>>) -> Arc<Self> {
        Arc::new(Self(Mutex::new((0, answers.into_iter().collect()))))
    }

    fn asked(&self) -> usize {
        self.0.lock().unwrap().0
    }
}

fn inline(names: &[&str]) -> Issuers {
    Issuers::new(&[trusted(IssuerKeys::Inline(set(names)))], Answers::of([]))
}

fn judge(issuers: &Issuers, token: &str, at: i64) -> Result<Mint, AbloError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(issuers.verify(token, Timestamp::from_second(at).unwrap()))
}

#[test]
fn a_good_token_of_each_kind_of_key_speaks_for_its_person() {
    let issuers = inline(&["rsa", "ec", "ed"]);
    for name in ["rsa", "ec", "ed"] {
        let mint = judge(&issuers, &signed(name, &claims()), NOW).unwrap();
        assert_eq!((mint.organization.as_str(), mint.participant.id.as_str()), ("org_a", "u_1"), "{name}");
        assert_eq!(mint.user_meta.get("teamIds"), Some(&json!(["t1"])), "only what is mapped: {:?}", mint.user_meta);
        assert_eq!(mint.user_meta.len(), 1);
        assert_eq!(mint.not_after.unwrap().as_second(), NOW + 630, "to the end of the token and the leeway");
    }
}

/// A claim changed, or taken out when null.
fn with(claim: &str, value: Value) -> Value {
    let mut claims = claims();
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(claim)),
        value => claims[claim] = value,
    }
    claims
}

#[test]
fn claims_that_do_not_hold_are_refused() {
    let issuers = inline(&["ec"]);
    let table = [
        ("iss", Value::Null, Some(Code::JwtMissingIssuer)),
        ("iss", json!(7), Some(Code::JwtMissingIssuer)),
        ("iss", json!("https://id.example/"), Some(Code::JwtIssuerUntrusted)),
        ("aud", Value::Null, Some(Code::JwtAudienceMismatch)),
        ("aud", json!("other"), Some(Code::JwtAudienceMismatch)),
        ("aud", json!([]), Some(Code::JwtAudienceMismatch)),
        ("aud", json!({ "ablo": true }), Some(Code::JwtAudienceMismatch)),
        ("aud", json!(["other", "ablo"]), None),
        ("exp", Value::Null, Some(Code::JwtInvalid)),
        ("exp", json!((NOW + 600).to_string()), Some(Code::JwtInvalid)),
        ("exp", json!(1e300), Some(Code::JwtInvalid)),
        ("exp", json!(NOW - 30), Some(Code::JwtExpired)),
        ("exp", json!(-1), Some(Code::JwtExpired)),
        ("exp", json!(NOW - 29), None),
        ("nbf", json!(NOW + 31), Some(Code::JwtInvalid)),
        ("nbf", json!("soon"), Some(Code::JwtInvalid)),
        ("nbf", json!(NOW + 30), None),
        ("sub", Value::Null, Some(Code::JwtMissingSubject)),
        ("sub", json!(""), Some(Code::JwtMissingSubject)),
        ("sub", json!(1), Some(Code::JwtMissingSubject)),
        ("org", Value::Null, Some(Code::JwtMissingOrganization)),
        ("org", json!("org_a#test"), Some(Code::JwtMissingOrganization)),
        ("org", json!(["org_a"]), Some(Code::JwtMissingOrganization)),
    ];
    for (claim, value, expected) in table {
        let answer = judge(&issuers, &signed("ec", &with(claim, value.clone())), NOW);
        let code = answer.err().map(|error| error.code().as_str().to_owned());
        assert_eq!(code.as_deref(), expected.map(|code| code.as_str()), "{claim}: {value}");
    }
}

/// Base64 as tokens have it.
fn encoded(value: &Value) -> String {
    use std::fmt::Write;
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let text = value.to_string();
    let mut bits = String::new();
    text.bytes().for_each(|byte| write!(bits, "{byte:08b}").unwrap());
    let groups = bits.as_bytes().chunks(6).map(|six| {
        let six = format!("{:0<6}", std::str::from_utf8(six).unwrap());
        char::from(DIGITS[usize::from_str_radix(&six, 2).unwrap()])
    });
    groups.collect()
}

#[test]
fn signatures_that_prove_nothing_are_refused() {
    let issuers = inline(&["rsa", "ec", "short"]);
    let good = signed("rsa", &claims());
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let other = encoded(&with("sub", json!("u_admin")));
    let head = |algorithm: &str| encoded(&json!({ "alg": algorithm, "kid": "rsa", "typ": "JWT" }));
    let by_secret = |secret: &[u8]| {
        let header = Header { kid: Some("rsa".to_owned()), ..Header::new(Algorithm::HS256) };
        encode(&header, &claims(), &EncodingKey::from_secret(secret)).unwrap()
    };
    let public = set(&["rsa"]);
    let renamed = Header { kid: Some("ec".to_owned()), ..Header::new(Algorithm::RS256) };
    let critical = Header { crit: Some(vec!["b64".to_owned()]), ..Header::new(Algorithm::ES256) };
    let critical = encode(&critical, &claims(), &key("ec").0).unwrap();
    let nameless = encode(&Header::new(Algorithm::EdDSA), &claims(), &key("ed").0).unwrap();
    let table = [
        ("another payload", format!("{header}.{other}.{signature}"), Code::JwtSignatureInvalid),
        ("no signature", format!("{header}.{payload}."), Code::JwtSignatureInvalid),
        ("no algorithm", format!("{}.{payload}.", head("none")), Code::JwtMalformed),
        ("no algorithm in capitals", format!("{}.{payload}.", head("NONE")), Code::JwtMalformed),
        ("no algorithm, but a signature", format!("{}.{payload}.{signature}", head("none")), Code::JwtMalformed),
        ("another hash than the key's", format!("{}.{payload}.{signature}", head("RS512")), Code::JwtSignatureInvalid),
        ("the public key as a secret", by_secret(public.as_bytes()), Code::JwtSignatureInvalid),
        ("an empty secret", by_secret(b""), Code::JwtSignatureInvalid),
        ("the name of another key", encode(&renamed, &claims(), &key("rsa").0).unwrap(), Code::JwtSignatureInvalid),
        ("a key of an unknown name", signed("ed", &claims()), Code::JwtSignatureInvalid),
        ("no name, and no such key", nameless, Code::JwtSignatureInvalid),
        ("a key too short to trust", signed("short", &claims()), Code::JwtSignatureInvalid),
        ("a critical header", critical, Code::JwtInvalid),
        ("two parts", format!("{header}.{payload}"), Code::JwtMalformed),
        ("five parts", format!("{good}.a.b"), Code::JwtMalformed),
        ("dots", "...".to_owned(), Code::JwtMalformed),
        ("no JSON", "e30.x.y".to_owned(), Code::JwtMalformed),
        ("endless", format!("{good}{}", "A".repeat(20_000)), Code::JwtMalformed),
    ];
    for (what, token, expected) in table {
        let error = judge(&issuers, &token, NOW).expect_err(what);
        assert!(error.is(expected), "{what}: {error}");
    }
    assert!(judge(&issuers, &good, NOW).is_ok());
    assert!(judge(&Issuers::new(&[], Answers::of([])), &good, NOW).unwrap_err().is(Code::JwtIssuerUntrusted));
}

#[test]
fn fetched_keys_are_kept_rotated_and_asked_for_seldom() {
    let fetch = Answers::of([Some(set(&["rsa"])), Some(set(&["ec"])), None, Some("no set".into())]);
    let url = IssuerKeys::Url("https://id.example/keys".to_owned());
    let issuers = Issuers::new(&[trusted(url)], fetch.clone());
    let (rsa, ec) = (signed("rsa", &with("exp", json!(NOW * 2))), signed("ec", &with("exp", json!(NOW * 2))));
    assert!(judge(&issuers, &rsa, NOW).is_ok());
    assert!(judge(&issuers, &rsa, NOW + 60).is_ok());
    assert_eq!(fetch.asked(), 1, "what is known is not asked for");
    for at in [61, 62, 63] {
        // The second answer has the new key alone; whoever names unknown keys does not make the server ask again.
        assert!(judge(&issuers, &ec, NOW + at).is_ok(), "rotated");
        assert!(judge(&issuers, &rsa, NOW + at).unwrap_err().is(Code::JwtSignatureInvalid), "withdrawn");
    }
    assert_eq!(fetch.asked(), 2);
    assert!(judge(&issuers, &rsa, NOW + 95).unwrap_err().is(Code::IdentityNetworkError), "the issuer is not there");
    assert!(judge(&issuers, &ec, NOW + 96).is_ok(), "what is known still works");
    assert!(judge(&issuers, &ec, NOW + 8_000).is_ok(), "also when the next answer makes no sense");
    assert_eq!(fetch.asked(), 4);
}

#[test]
fn issuers_are_read_from_a_document() {
    let keys = set(&["ec"]);
    let short = json!([{ "issuer": "https://id.example", "audiences": ["ablo"], "keys": { "inline": keys },
        "organization": { "claim": "org" }, "identity": { "teamIds": "teams" } }]);
    assert_eq!(TrustedIssuer::read(&short.to_string()).unwrap(), [trusted(IssuerKeys::Inline(keys))]);
    let with = |member: &str, value: Value| {
        let mut document = short.clone();
        document[0][member] = value;
        TrustedIssuer::read(&document.to_string())
    };
    let other = with("test", json!(true)).unwrap().remove(0);
    assert_eq!(other.env, ablo_schema::wire::KeyEnv::Test);
    assert_eq!(with("leeway_seconds", json!(5)).unwrap()[0].leeway, Duration::from_secs(5));
    assert!(with("leeway", json!(5)).unwrap_err().is(Code::InvalidJson), "a slip is not passed over");
    assert_eq!(with("keys", json!({ "url": "http://id.example" })).unwrap_err().param.as_deref(), Some("keys"));
}

#[test]
fn settings_that_could_never_work_are_told() {
    let good = || trusted(IssuerKeys::Inline(set(&["ec"])));
    assert!(good().check().is_ok());
    let url = |url: &str| TrustedIssuer { keys: IssuerKeys::Url(url.to_owned()), ..good() };
    for address in ["https://id.example/keys", "http://127.0.0.1:80/keys", "http://localhost/keys", "http://[::1]:1/"] {
        assert!(url(address).check().is_ok(), "{address}");
    }
    let table = [
        (TrustedIssuer { issuer: String::new(), ..good() }, "issuer"),
        (TrustedIssuer { audiences: Vec::new(), ..good() }, "audiences"),
        (TrustedIssuer { organization: IssuerOrganization::Fixed("a#b".into()), ..good() }, "organization"),
        (TrustedIssuer { keys: IssuerKeys::Inline("{}".into()), ..good() }, "keys"),
        (TrustedIssuer { keys: IssuerKeys::Inline(set(&["short"])), ..good() }, "keys"),
        (url("http://id.example/keys"), "keys"),
        (url("http://127.0.0.1.example/keys"), "keys"),
        (url("file:///etc/passwd"), "keys"),
    ];
    for (issuer, setting) in table {
        assert_eq!(issuer.check().unwrap_err().param.as_deref(), Some(setting));
    }
    assert_eq!(good().leeway, Duration::from_secs(30));
    assert_eq!(now().as_second(), NOW);
}
