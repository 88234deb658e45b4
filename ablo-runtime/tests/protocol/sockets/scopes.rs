//! More groups for a socket, by the frames `claim` and `release`, which have nothing to do with rows that are held.

use serde_json::{Value, json};

use super::{Client, create};
use crate::{served, served::Served};

/// A session that may hear two projects, on a socket that asked for the first.
async fn listener(served: &Served, id: &str) -> Client {
    let both = json!({ "participantKind": "agent", "participantId": id, "syncGroups": ["project:p1", "project:p2"] });
    let (token, _) = served.session(&both).await;
    Client::start(served, token, vec!["project:p1".to_owned()], true).await
}

async fn write(served: &Served, id: &str, project: &str) {
    served.commit(&json!([create("task", id, json!({ "title": "a", "projectId": project }))])).await;
}

async fn ask(client: &mut Client, claim: &str, groups: Value) -> Value {
    client.send("claim", &json!({ "claimId": claim, "syncGroups": groups, "ttlSeconds": 300 })).await;
    client.next("claim_ack", |ack| ack["claimId"] == claim).await
}

/// The rows it was sent since it was last asked.
async fn heard(client: &mut Client) -> Vec<Value> {
    let deltas = client.seen(&["delta"]).await;
    deltas.into_iter().map(|delta| delta["payload"]["modelId"].clone()).collect()
}

/// 5.8: A socket hears the groups of its scopes besides those of its handshake, until each is released.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scope_widens_what_is_heard() {
    let served = served().await;
    let mut client = listener(&served, "agent:w").await;
    write(&served, "a", "p2").await;
    assert!(heard(&mut client).await.is_empty());
    let ack = ask(&mut client, "participant:1", json!(["project:p2"])).await;
    assert_eq!(
        ack,
        json!({ "claimId": "participant:1", "success": true, "syncGroups": ["project:p2"], "ttlSeconds": 300 })
    );
    write(&served, "b", "p2").await;
    write(&served, "c", "p1").await;
    client.delta("c").await;
    assert_eq!(heard(&mut client).await, ["b"]);
    // The same scope again is the one in place of the other; a second one is of its own.
    ask(&mut client, "participant:1", json!(["project:p2"])).await;
    ask(&mut client, "participant:2", json!(["project:p2"])).await;
    client.send("release", &json!({ "claimId": "participant:1" })).await;
    write(&served, "d", "p2").await;
    client.delta("d").await;
    client.send("release", &json!({ "claimId": "participant:2" })).await;
    client.settle().await;
    write(&served, "e", "p2").await;
    write(&served, "f", "p1").await;
    client.delta("f").await;
    assert!(heard(&mut client).await.is_empty(), "released");
}

/// 5.8: What is written while a scope begins or ends is heard by who hears it before and after.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_while_scopes_change() {
    let served = served().await;
    let mut client = listener(&served, "agent:w").await;
    let mut writer = Client::user(&served, "u1").await;
    let count = 400;
    for at in 0..count {
        let row = create("task", &format!("t{at}"), json!({ "title": "a", "projectId": "p1" }));
        writer.send("commit", &json!({ "clientTxId": format!("c{at}"), "operations": [row] })).await;
        client.send("claim", &json!({ "claimId": "s", "syncGroups": ["project:p2"] })).await;
        client.send("release", &json!({ "claimId": "s" })).await;
    }
    for at in 0..count {
        let id = format!("t{at}");
        client.next("delta", |delta| delta["modelId"] == id.as_str()).await;
    }
}

/// 5.8: A scope is of its socket: the next one has to ask for it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scope_ends_with_its_socket() {
    let served = served().await;
    let mut client = listener(&served, "agent:w").await;
    assert_eq!(ask(&mut client, "participant:1", json!(["project:p2"])).await["success"], true);
    let mut again = client.again(&served, "").await;
    again.ready(None, 0).await;
    write(&served, "a", "p2").await;
    client.delta("a").await;
    assert!(heard(&mut again).await.is_empty());
    assert_eq!(ask(&mut again, "participant:1", json!(["project:p2"])).await["success"], true);
    write(&served, "b", "p2").await;
    again.delta("b").await;
}

/// 5.8: A scope is granted as a whole or denied, with the right that is missing: also when its target is of a kind that is
/// no scope.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scope_out_of_reach_is_denied() {
    let served = served().await;
    let mut client = listener(&served, "agent:w").await;
    for groups in [json!(["task:m1"]), json!(["project:p2", "project:p3"]), json!(["nonsense"]), json!([])] {
        let denied = ask(&mut client, "participant:1", groups.clone()).await;
        assert_eq!(
            (&denied["success"], &denied["error"]["code"], &denied["error"]["requiredCapability"]),
            (
                &json!(false),
                &json!("capability_scope_denied"),
                &json!({ "scope": "subscribe", "constraints": { "syncGroup": groups } })
            ),
            "{denied}"
        );
        assert!(denied["error"]["message"].is_string());
    }
    write(&served, "a", "p2").await;
    assert!(heard(&mut client).await.is_empty(), "no part of what was denied");
}

/// 5.8: Who is in the groups of a scope sees who joined by it, and no more once it is released.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scope_shows_who_joined() {
    let served = served().await;
    let mut watcher = Client::agent(&served, "agent:p2", json!({ "syncGroups": ["project:p2"] })).await;
    let mut client = listener(&served, "agent:w").await;
    client.settle().await;
    assert!(watcher.seen(&["presence_update"]).await.is_empty());
    ask(&mut client, "participant:1", json!(["project:p2"])).await;
    let seen = watcher.next("presence_update", |seen| seen["userId"] == "agent:w").await;
    assert_eq!(seen["syncGroups"], json!(["project:p2"]), "of what they share");
}
