//! `ablo serve`.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use ablo_runtime::server::{Ready, ServeOptions, ServerOptions, StoreChoice, serve};
use ablo_schema::error::Code;

use super::args::Serve;
use super::console::Console;
use super::exit::Exit;
use super::failure::{Failure, Outcome};
use super::source::Source;

/// Serves until the process is told to stop.
pub(super) fn run(command: &Serve, source: &Source, console: &Console) -> Outcome {
    let mut server = ServerOptions::default();
    if command.dev {
        // Nobody sends a development server clients.
        server.lame_duck = Duration::ZERO;
    }
    let options = ServeOptions {
        schema: source.schema()?,
        store: store(&command.store)?,
        addr: address(&command.addr)?,
        dev: command.dev,
        server,
    };
    let json = command.json || console.is_json();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(serve(options, |ready| {
        // Nobody may be reading: the server is there all the same.
        let _ = console.data(&announcement(ready, json));
    }))?;
    Ok(Exit::Ok)
}

/// What is said once connections are accepted.
fn announcement(ready: &Ready, json: bool) -> String {
    if json {
        return serde_json::to_string(ready).unwrap_or_default() + "\n";
    }
    let mut text = format!("listening on http://{}\n", ready.addr);
    let keys = [
        ("organization", &ready.organization_id),
        ("secret key", &ready.secret_key),
        ("publishable key", &ready.publishable_key),
    ];
    for (label, value) in keys {
        if let Some(value) = value {
            text += &format!("{label:<16} {value}\n");
        }
    }
    text
}

fn store(text: &str) -> Result<StoreChoice, Failure> {
    match text.split_once(':') {
        None if text == "memory" => Ok(StoreChoice::Memory),
        Some(("sqlite", path)) if !path.is_empty() => Ok(StoreChoice::Sqlite(path.into())),
        _ => Err(Failure::new(Code::ArgumentInvalid, format!("`--store {text}` is not a store"))
            .fix("write `--store memory` or `--store sqlite:ablo.db`")),
    }
}

fn address(text: &str) -> Result<SocketAddr, Failure> {
    let wrong = |why: &str| {
        Failure::new(Code::ArgumentInvalid, format!("`--addr {text}` is not an address: {why}"))
            .fix("write `--addr 127.0.0.1:8080`; port 0 picks a free one")
    };
    let mut found = text.to_socket_addrs().map_err(|error| wrong(&error.to_string()))?;
    found.next().ok_or_else(|| wrong("the host has no address"))
}
