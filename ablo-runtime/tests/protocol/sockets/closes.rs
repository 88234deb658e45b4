//! Which code a socket is closed with: 1008, 4001 and 4003 end a client's login, every other code lets it come back.

use ablo_runtime::server::auth::Mint;
use ablo_schema::wire::{KeyEnv, KeyKind, ParticipantKind, ParticipantRef};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::Client;
use crate::{served, served_with};

/// A person's session that ends so soon.
fn session_of(id: &str, seconds: u64) -> Mint {
    Mint {
        ttl: Some(std::time::Duration::from_secs(seconds)),
        ..Mint::new(
            KeyKind::Ephemeral,
            KeyEnv::Test,
            "org_dev",
            ParticipantRef { kind: ParticipantKind::User, id: id.into() },
        )
    }
}

/// 4.10: A socket whose credential is taken back is closed with 4001, which ends the login, and the check agrees.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_login_is_over() {
    let served = served().await;
    let (mut one, mut other) = (Client::user(&served, "u1").await, Client::user(&served, "u2").await);
    let book = &served.server.book;
    book.revoke(&book.present(&one.token).unwrap().id).unwrap();
    assert_eq!(one.closed().await, Some(4001));
    let (status, head, _) = served.request("HEAD", "/api/auth/check", &one.token, &Value::Null).await;
    assert!(status == 401 && head.contains("x-auth-failure: apikey_revoked"), "{head}");
    other.settle().await;
}

/// 2.6: To take a capability back closes its sockets at once, and those of everything that was made from it, whoever does it;
/// the answer counts its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_closes_what_was_made_from_it() {
    let served = served().await;
    let mint = async |token: &str, id: &str| {
        let asked = json!({ "participantId": id, "syncGroups": ["project:p1"], "operations": ["tasks.update"] });
        let (status, made) = served.post("/api/v1/capabilities", token, &asked).await;
        assert_eq!(status, 200, "{made}");
        [&made["id"], &made["token"]].map(|text| text.as_str().unwrap().to_owned())
    };
    let [id, parent] = mint(&served.key, "agent:1").await;
    let [_, child] = mint(&parent, "agent:2").await;
    let [_, other] = mint(&served.key, "agent:1").await;
    let mut sockets = Vec::new();
    for token in [&parent, &parent, &child, &other] {
        sockets.push(served.ready(token, &[], 0).await);
    }
    let mut kept = sockets.pop().unwrap();
    let path = format!("/api/v1/capabilities/{id}");
    let (_, _, gone) = served.request("DELETE", &path, &served.key, &Value::Null).await;
    assert_eq!((&gone["deleted"], &gone["activeSessionsClosed"]), (&json!(true), &json!(2)), "{gone}");
    for socket in &mut sockets {
        assert_eq!(socket.closed().await, Some(4001));
    }
    kept.settle().await;
}

/// 2.6: A capability that is rotated keeps its open socket, through the grace and after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotated_capability_keeps_its_socket() {
    let served = served().await;
    let asked = json!({ "participantId": "agent:1", "syncGroups": ["project:p1"], "operations": ["tasks.update"] });
    let made = served.post("/api/v1/capabilities", &served.key, &asked).await.1;
    let (id, token) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    let mut socket = served.ready(token, &[], 0).await;
    for grace in [60, 0] {
        let path = format!("/api/v1/capabilities/{id}/rotate");
        let (status, rotated) = served.post(&path, &served.key, &json!({ "graceSeconds": grace })).await;
        assert_eq!(status, 200, "{rotated}");
        socket.settle().await;
        served.ready(rotated["token"].as_str().unwrap(), &[], 0).await.settle().await;
        let works = served.knock(token).await.is_some();
        assert_eq!(works, grace > 0, "the old one opens no more once the grace is over");
    }
}

/// 4.10: A socket whose credential runs out is closed with 4100: its client comes back with a fresh one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_that_runs_out_may_be_renewed() {
    let served = served().await;
    // A machine may be too busy to connect in that time; then the next one is tried.
    for seconds in [1, 4, 16] {
        let wish = session_of(&format!("u{seconds}"), seconds);
        let token = served.server.book.mint(wish).unwrap().0.secret().to_owned();
        if let Some(mut socket) = served.knock(&token).await {
            assert_eq!(socket.closed().await, Some(4100));
            return;
        }
    }
    panic!("nobody got in");
}

/// 2.1: A client that renews its credential in time does not present the new one to its open socket, which goes on past the
/// end of the old one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_credential_keeps_its_socket() {
    let served = served().await;
    for seconds in [1, 4, 16] {
        let exchange = json!({ "participantKind": "system", "wideScope": true, "ttlSeconds": seconds });
        let (token, _) = served.session(&exchange).await;
        let Some(mut socket) = served.knock(&token).await else { continue };
        let (renewed, _) = served.session(&json!({ "participantKind": "system", "wideScope": true })).await;
        while served.request("HEAD", "/api/auth/check", &token, &Value::Null).await.0 != 401 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        socket.settle().await;
        assert_eq!(served.request("HEAD", "/api/auth/check", &renewed, &Value::Null).await.0, 204);
        return;
    }
    panic!("nobody got in");
}

/// 4.10: A server that stops closes with 1012 and says when to come back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_says_so() {
    let served = served().await;
    let (mut one, mut two) = (Client::user(&served, "u1").await, Client::user(&served, "u2").await);
    let (first, second, ()) = tokio::join!(one.closed(), two.closed(), served.stop());
    assert_eq!((first, second), (Some(1012), Some(1012)));
}

/// 4.10: A socket too many is let in and closed with 1013: to refuse its upgrade while its credential is good would make a
/// client try again without any pause.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_too_many_is_let_in_and_closed() {
    let served = served_with(|options| options.server.limits.sockets_per_credential = 1).await;
    let mut one = Client::user(&served, "u1").await;
    let mut second = one.again(&served, "").await;
    assert_eq!(second.closed().await, Some(1013));
    let (status, head, _) = served.request("HEAD", "/api/auth/check", &one.token, &Value::Null).await;
    assert!(status == 204 && !head.contains("x-auth-failure"), "{head}");
    one.settle().await;
}

/// 4.10: A handshake that asks for too many groups is closed with 4008, a message that is too large and no commit with 1009:
/// neither ends the login.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_much_ends_no_login() {
    let served = served().await;
    let (token, _) = served.session(&json!({ "participantKind": "user", "participantId": "u1" })).await;
    let many: Vec<String> = (0..65).map(|at| format!("project:p{at}")).collect();
    assert_eq!(served.open(&token, &many).await.closed().await, Some(4008));
    let mut client = Client::user(&served, "u2").await;
    client
        .send_raw(Message::Text(json!({ "type": "slide_cursor", "payload": "x".repeat(300 << 10) }).to_string().into()))
        .await;
    assert_eq!(client.closed().await, Some(1009));
    for token in [&token, &client.token] {
        assert_eq!(served.request("HEAD", "/api/auth/check", token, &Value::Null).await.0, 204);
    }
}

/// 4.10: An upgrade is refused for what the check refuses, with the same code, and for nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_upgrade_agrees_with_the_check() {
    let served = served().await;
    let (revoked, _) = served.session(&json!({ "participantKind": "user", "participantId": "u1" })).await;
    let (good, _) = served.session(&json!({ "participantKind": "user", "participantId": "u2" })).await;
    let book = &served.server.book;
    book.revoke(&book.present(&revoked).unwrap().id).unwrap();
    let unknown = "sk_test_0123456789ABCDEFGHIJKLMNOPQRST06ImRt".to_owned();
    for (token, code) in [(&revoked, "apikey_revoked"), (&unknown, "apikey_invalid")] {
        let check = served.request("HEAD", "/api/auth/check", token, &Value::Null).await;
        let offered = format!("sec-websocket-protocol: ablo.bearer.{token}, ablo.sync.v1\r\n");
        let upgrade = served.exchange("GET", "/api/sync/ws?cursor=", &offered, "").await;
        assert_eq!((check.0, upgrade.0), (401, 401));
        for head in [check.1, upgrade.1] {
            assert!(head.contains(&format!("x-auth-failure: {code}")), "{head}");
        }
    }
    let check = served.exchange("HEAD", "/api/auth/check", "", "").await;
    let upgrade = served.exchange("GET", "/api/sync/ws?cursor=", "sec-websocket-protocol: ablo.sync.v1\r\n", "").await;
    for (status, head, _) in [check, upgrade] {
        assert!(status == 401 && head.contains("x-auth-failure: auth_no_credentials"), "{head}");
    }
    // What a client may say besides, the server does not like; it says so on the socket.
    let offered = format!("ablo.bearer.{good}, ablo.sync.v1");
    for query in ["", "cursor=%00%ff&kind=nobody&syncGroups=&syncGroups=:::", "cursor=x&cursor=y&unknown=1"] {
        served.handshake(query, &offered).await.0.settle().await;
    }
}
