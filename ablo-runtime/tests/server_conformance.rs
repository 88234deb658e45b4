//! Runs the client in `tests/conformance`, which is written in another language, against a server.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

use std::path::Path;

use ablo_runtime::server::{ServeOptions, StoreChoice, mint_key, routes, start};
use ablo_schema::ir::SchemaDef;
use ablo_schema::wire::{KeyEnv, KeyKind};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_in_another_language_works() {
    let told = tell("", StoreChoice::Memory).await;
    assert!(told.contains("ok   twoContendersTakeTurns"), "{told}");
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_works_with_rows_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for stories in ["http", "limits"] {
        let told = tell(stories, StoreChoice::Sqlite(folder.path().join(format!("{stories}.db")))).await;
        assert!(told.matches("ok   ").count() > 3, "{told}");
    }
}

/// Method and path of every route that asks for a key, with `x` for every name.
fn every_route() -> Vec<(String, String)> {
    let guarded = routes().into_iter().filter(|route| route.is_guarded);
    let shape = |path: &str| {
        path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect::<Vec<_>>().join("/")
    };
    guarded.map(|route| (route.method.to_uppercase(), shape(&route.path))).collect()
}

/// Runs the stories whose name or file begins like this.
async fn tell(stories: &str, store: StoreChoice) -> String {
    let artifact = std::fs::read_to_string(folder().join("schema.json")).unwrap();
    let schema = SchemaDef::from_artifact(&artifact).unwrap().validate().unwrap();
    let running = start(ServeOptions { store, ..ServeOptions::dev(schema) }).await.unwrap();
    let (addr, secret) = (running.ready.addr, running.ready.secret_key.clone().unwrap());
    let publishable = running.ready.publishable_key.clone().unwrap();
    let other = mint_key(&running.server.book, KeyKind::Secret, KeyEnv::Test, "org_other").unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(running.until(async move { drop(stopped.await) }));
    let output = tokio::process::Command::new("node")
        .args(["--no-warnings", "--experimental-websocket"])
        .arg(folder().join("run.mjs"))
        .args(Some(stories).filter(|stories| !stories.is_empty()))
        .env("ABLO_URL", format!("http://{addr}"))
        .env("ABLO_SECRET", secret)
        .env("ABLO_PUBLISHABLE", publishable)
        .env("ABLO_OTHER", other)
        .env("ABLO_ROUTES", serde_json::to_string(&every_route()).unwrap())
        .output()
        .await
        .unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}");
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    told
}
