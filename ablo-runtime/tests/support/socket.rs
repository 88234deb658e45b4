//! A client's socket.
#![allow(dead_code)]

use std::net::SocketAddr;

use ablo_schema::wire::{ClientFrame, Commit, ServerFrame};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;

pub struct Socket(pub WebSocketStream<TcpStream>);

impl Socket {
    /// Connects and waits until the server sends deltas.
    pub async fn ready(addr: SocketAddr, key: &str) -> Self {
        let mut request = format!("ws://{addr}/api/sync/ws?cursor=").into_client_request().unwrap();
        let protocols = format!("ablo.bearer.{key}, ablo.sync.v1");
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocols.parse().unwrap());
        let stream = TcpStream::connect(addr).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
        let mut socket = Self(socket);
        socket.send(r#"{"type":"sync_request","payload":{"capabilities":[],"versions":{}}}"#.to_owned()).await;
        while !matches!(socket.next().await, ServerFrame::SyncResponse(_)) {}
        socket
    }

    pub async fn send(&mut self, frame: String) {
        self.0.send(Message::Text(frame.into())).await.unwrap();
    }

    /// The next frame's text.
    pub async fn text(&mut self) -> String {
        loop {
            match self.0.next().await.expect("the socket is open").unwrap() {
                Message::Text(text) => return text.as_str().to_owned(),
                _ => continue,
            }
        }
    }

    pub async fn next(&mut self) -> ServerFrame {
        ServerFrame::decode(&self.text().await).unwrap()
    }

    /// The text of the next delta's frame.
    pub async fn delta(&mut self) -> String {
        loop {
            let text = self.text().await;
            if text.starts_with(r#"{"type":"delta""#) {
                return text;
            }
        }
    }
}

/// A commit's frame.
pub fn commit(text: &str) -> String {
    ClientFrame::Commit(Commit::decode(text).unwrap()).encode().unwrap()
}
