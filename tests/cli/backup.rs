//! `ablo db backup` and `ablo db restore`, beside a server that runs.

use std::path::Path;

use serde_json::json;

use crate::harness::{Run, arg, command};
use crate::serve::Server;

fn copy(folder: &Path, what: &str, from: &str, to: &str, more: &[&str]) -> Run {
    let (from, to) = (folder.join(from), folder.join(to));
    let mut run = Run::of(command(&["db", what, arg(&from), arg(&to)]).args(more));
    for text in [&mut run.stdout, &mut run.stderr] {
        *text = text.replace(arg(folder), "FOLDER");
    }
    run
}

#[test]
fn a_copy_of_a_running_server_is_served_again_with_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let store = |name: &str| format!("sqlite:{}", folder.join(name).display());
    let server = Server::start(&["--store", &store("rows.db")]);
    let key = server.text("secretKey").to_owned();
    let write = |server: &Server, id: &str| {
        let operation = json!({ "type": "CREATE", "model": "notes", "id": id, "input": { "title": id } });
        let commit = json!({ "clientTxId": id, "operations": [operation] }).to_string();
        let (status, body) = server.request("POST", "/api/v1/commits", &key, &commit);
        assert_eq!(status, 200, "{body}");
        body
    };
    let kept = write(&server, "kept");
    let run = copy(folder, "backup", "rows.db", "backup.db", &["--format", "json"]).exits(0);
    let bytes = std::fs::metadata(folder.join("backup.db")).unwrap().len();
    assert_eq!(run.json(), json!({ "schema": "ablo.copy/1", "file": "FOLDER/backup.db", "bytes": bytes }));
    write(&server, "lost");
    insta::assert_snapshot!("backup_overwrites", copy(folder, "backup", "rows.db", "backup.db", &[]).exits(1));
    copy(folder, "restore", "backup.db", "rows.db", &[]).exits(1);
    copy(folder, "backup", "nothing.db", "other.db", &[]).exits(1);
    drop(server);

    let run = copy(folder, "restore", "backup.db", "restored.db", &[]).exits(0);
    assert!(run.stdout.starts_with("wrote FOLDER/restored.db ("), "{run}");
    let server = Server::start(&["--store", &store("restored.db")]);
    let (status, body) = server.request("GET", "/api/v1/models/notes", &key, "");
    assert_eq!((status, body.contains("kept"), body.contains("lost")), (200, true, false), "{body}");
    assert_eq!(write(&server, "kept"), kept, "the answer it had");
}
