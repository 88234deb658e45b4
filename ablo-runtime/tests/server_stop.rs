//! A server that is told to stop finishes what it acknowledged and closes its sockets.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, missing_docs)]

use ablo_runtime::server::{ServeOptions, start};
use ablo_schema::ir::SchemaDef;
use ablo_schema::wire::{ClientFrame, Commit, ServerFrame};
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;

#[tokio::test]
async fn acknowledged_commits_survive_and_sockets_are_told_to_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let artifact = include_str!("../../tests/conformance/schema.json");
    let schema = || SchemaDef::from_artifact(artifact).unwrap().validate().unwrap();
    let options = || {
        let mut options = ServeOptions::dev(schema());
        if cfg!(feature = "sqlite") {
            options.store = ablo_runtime::server::StoreChoice::Sqlite(folder.path().join("a.db"));
        }
        options
    };
    let running = start(options()).await.unwrap();
    let addr = running.ready.addr;
    let key = running.ready.secret_key.clone().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(running.until(async move { drop(stopped.await) }));

    let mut request = format!("ws://{addr}/api/sync/ws?cursor=").into_client_request().unwrap();
    let protocols = format!("ablo.bearer.{key}, ablo.sync.v1");
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocols.parse().unwrap());
    let stream = tokio::net::TcpStream::connect(addr).await.unwrap();
    let (mut socket, response) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    assert_eq!(response.headers()[SEC_WEBSOCKET_PROTOCOL], "ablo.sync.v1");

    // A pipeline of commits, cut off in the middle by the stop.
    for at in 0..200 {
        let commit = format!(
            r#"{{"clientTxId":"c{at}","operations":[{{"type":"CREATE","model":"task","id":"t{at}","input":{{"title":"x"}}}}]}}"#
        );
        let frame = ClientFrame::Commit(Commit::decode(&commit).unwrap()).encode().unwrap();
        socket.send(Message::Text(frame.into())).await.unwrap();
    }
    let mut acknowledged = Vec::new();
    let mut stop = Some(stop);
    let mut code = None;
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Text(text) => {
                if let ServerFrame::<ablo_schema::wire::WireDelta>::MutationResult(receipt) =
                    ServerFrame::decode(&text).unwrap()
                {
                    assert!(receipt.error.is_none() || stop.is_none(), "{receipt:?}");
                    acknowledged.extend(receipt.error.is_none().then(|| receipt.client_tx_id.to_string()));
                    if acknowledged.len() == 50
                        && let Some(stop) = stop.take()
                    {
                        stop.send(()).unwrap();
                    }
                }
            }
            Message::Close(frame) => code = frame.map(|frame| u16::from(frame.code)),
            _ => {}
        }
    }
    assert_eq!(code, Some(1012), "clients are told that the server restarts");
    server.await.unwrap().unwrap();
    assert!(acknowledged.len() >= 50);

    if cfg!(feature = "sqlite") {
        let again = start(options()).await.unwrap();
        let session = again.server.caller(Some(&key)).await.unwrap().session;
        for id in &acknowledged {
            let (found, _) = session.retrieve("tasks", &id.replace('c', "t")).await.unwrap();
            assert!(found.is_some(), "{id} was acknowledged and is gone");
        }
    }
}
