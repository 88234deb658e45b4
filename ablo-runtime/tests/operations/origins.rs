//! Which web pages may use the server, and with what. A credential is part of the handshake, as a subprotocol or a header;
//! nothing waits for one that might come later.

use ablo_runtime::server::ServeOptions;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::support::{PATIENCE, Socket, TestServer};

const PAGE: &str = "https://app.example.com";

/// What becomes of a handshake: `open`, the code it is closed with, or the status it is refused with.
async fn handshake(server: &TestServer, origin: Option<&str>, key: Option<&str>, query: &str) -> String {
    let mut request = format!("ws://{}/api/sync/ws{query}", server.addr).into_client_request().unwrap();
    let bearer = key.map(|key| format!("ablo.bearer.{key}, ")).unwrap_or_default();
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, format!("{bearer}ablo.sync.v1").parse().unwrap());
    if let Some(origin) = origin {
        request.headers_mut().insert(ORIGIN, origin.parse().unwrap());
    }
    let stream = TcpStream::connect(server.addr).await.unwrap();
    match tokio::time::timeout(PATIENCE, tokio_tungstenite::client_async(request, stream)).await.unwrap() {
        Err(Error::Http(response)) => response.status().as_u16().to_string(),
        Err(error) => panic!("{error}"),
        Ok((socket, _)) => {
            let mut socket = Socket(socket);
            socket.say("ping", Value::Null).await;
            loop {
                match socket.message().await {
                    Message::Text(text) if text.contains("pong") => return "open".to_owned(),
                    Message::Close(frame) => return u16::from(frame.unwrap().code).to_string(),
                    _ => {}
                }
            }
        }
    }
}

fn only(origins: &[&str]) -> impl FnOnce(&mut ServeOptions) {
    let origins = Some(origins.iter().map(|origin| (*origin).to_owned()).collect());
    |options| options.server.origins = origins
}

#[tokio::test]
async fn a_page_of_another_origin_gets_no_socket_and_nobody_gets_one_without_a_key() {
    let server = TestServer::with(only(&[PAGE])).await;
    let session = server.session("u").await;
    let key = Some(session.as_str());
    let table = [
        (Some(PAGE), key, "open"),
        (None, key, "open"),
        (Some("https://evil.example.com"), key, "1008"),
        (Some("https://app.example.com.evil.com"), key, "1008"),
        (Some("https://app.example.com:8443"), key, "1008"),
        (Some("http://app.example.com"), key, "1008"),
        (Some("null"), key, "1008"),
        (Some(""), key, "1008"),
        (Some(PAGE), None, "401"),
        (None, None, "401"),
        (Some("https://evil.example.com"), None, "401"),
        (None, Some("sk_test_wrong"), "401"),
    ];
    for (origin, key, outcome) in table {
        assert_eq!(handshake(&server, origin, key, "").await, outcome, "{origin:?} {}", key.is_some());
    }
}

#[tokio::test]
async fn a_key_in_the_address_is_none() {
    let server = TestServer::with(|_| {}).await;
    let key = server.session("u").await;
    for name in ["token", "key", "apiKey", "authorization", "access_token", "bearer"] {
        assert_eq!(handshake(&server, None, None, &format!("?{name}={key}")).await, "401", "{name}");
        let answer = server.request("GET", &format!("/api/auth/identity?{name}={key}"), "", "", "").await;
        assert_eq!(answer.status, 401, "{name}");
    }
}

#[tokio::test]
async fn every_page_may_come_unless_origins_are_named() {
    for change in
        [|_: &mut ServeOptions| {}, |options: &mut ServeOptions| options.server.origins = Some(vec!["*".into()])]
    {
        let server = TestServer::with(change).await;
        let key = server.session("u").await;
        assert_eq!(handshake(&server, Some("https://any.example.com"), Some(&key), "").await, "open");
    }
}

#[tokio::test]
async fn browsers_are_told_over_http_which_pages_may_read_the_answer() {
    let server = TestServer::with(only(&[PAGE])).await;
    for (origin, allowed) in [(PAGE, Some(PAGE)), ("https://evil.example.com", None), ("null", None)] {
        let headers = format!("origin: {origin}\r\n");
        let answer = server.request("GET", "/api/auth/identity", &server.key, &headers, "").await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, allowed), "{origin}");
        let preflight = format!("{headers}access-control-request-method: POST\r\n");
        let answer = server.request("OPTIONS", "/api/v1/commits", "", &preflight, "").await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed, "{origin}");
        assert_eq!(answer.header("access-control-allow-methods").is_some(), allowed.is_some(), "{origin}");
    }
    assert_eq!(server.http("POST", "/api/v1/commits", &json!({})).await.header("access-control-allow-origin"), None);
}
