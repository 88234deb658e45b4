//! Groups that rows grant: who is told of them, and what comes and goes with them.

use serde_json::{Value, json};

use super::{Client, create};
use crate::{granting, served::Served};

/// Two decks with a slide each, and a person who is in neither.
async fn seeded() -> Served {
    let served = granting().await;
    served
        .commit(&json!([
            create("decks", "d1", json!({ "title": "one" })),
            create("decks", "d2", json!({ "title": "two" })),
            create("slides", "s1", json!({ "deckId": "d1" })),
            create("slides", "s2", json!({ "deckId": "d2" })),
            create("people", "u1", json!({ "name": "U" })),
        ]))
        .await;
    served
}

async fn grant(served: &Served, member: &str, deck: &str) {
    served.commit(&json!([create("members", member, json!({ "personId": "u1", "deckId": deck }))])).await;
}

async fn end(served: &Served, member: &str) {
    served.commit(&json!([{ "type": "DELETE", "model": "members", "id": member }])).await;
}

async fn retitle(served: &Served, deck: &str) {
    served.commit(&json!([{ "type": "UPDATE", "model": "decks", "id": deck, "input": { "title": "new" } }])).await;
}

/// A person whose client loads nothing by itself.
async fn person(served: &Served, id: &str) -> Client {
    let (token, groups) = served.session(&json!({ "participantKind": "user", "participantId": id })).await;
    Client::start(served, token, groups, true).await
}

/// The next deltas as letter and row, each acknowledged, in the order they came.
async fn next(client: &mut Client, count: usize) -> Vec<Value> {
    let mut deltas: Vec<Value> = Vec::new();
    for _ in 0..count {
        let delta = client.next("delta", |_| true).await;
        assert!(deltas.last().is_none_or(|last| last["id"].as_u64() < delta["id"].as_u64()), "{deltas:?} {delta}");
        client.ack(delta["id"].as_u64().unwrap()).await;
        deltas.push(delta);
    }
    deltas
}

fn named(deltas: &[Value]) -> Vec<String> {
    let mut named: Vec<String> =
        deltas.iter().map(|delta| format!("{} {}", delta["actionType"], delta["modelId"]).replace('"', "")).collect();
    named.sort();
    named
}

/// 6.4: Who is granted a group is told so by a `G` that names a row, then sent whole every row this covers; its open socket
/// hears the group from there on. Nobody else is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_is_told_and_covers() {
    let served = seeded().await;
    let (mut one, mut other) = (person(&served, "u1").await, person(&served, "u2").await);
    grant(&served, "m1", "d1").await;
    let told = next(&mut one, 3).await;
    assert_eq!(
        (&told[0]["actionType"], &told[0]["data"]),
        (&json!("G"), &json!({ "group": "deck:d1", "userId": "u1" }))
    );
    for name in ["modelName", "modelId"] {
        assert!(told[0][name].as_str().is_some_and(|name| !name.is_empty()), "{}", told[0]);
    }
    assert_eq!(named(&told[1..]), ["C d1", "C s1"]);
    let deck = told.iter().find(|delta| delta["modelId"] == "d1" && delta["actionType"] == "C").unwrap();
    assert_eq!((&deck["data"]["title"], &deck["modelName"]), (&json!("one"), &json!("Deck")));
    retitle(&served, "d1").await;
    assert_eq!(named(&next(&mut one, 1).await), ["U d1"]);
    retitle(&served, "d2").await;
    assert!(one.seen(&["delta"]).await.is_empty(), "nothing of what it was not granted");
    assert!(other.seen(&["delta"]).await.is_empty());
}

/// 6.4: Who loses a group is sent a `D` for each row it sees no more, and hears nothing of it from then on; its socket
/// stays and it loads nothing anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_that_ends_takes_its_rows() {
    let served = seeded().await;
    grant(&served, "m1", "d1").await;
    grant(&served, "m2", "d2").await;
    let mut one = person(&served, "u1").await;
    end(&served, "m1").await;
    let gone = next(&mut one, 2).await;
    assert_eq!(named(&gone), ["D d1", "D s1"]);
    assert!(gone.iter().all(|delta| delta["data"].is_null()), "{gone:?}");
    retitle(&served, "d1").await;
    retitle(&served, "d2").await;
    assert_eq!(named(&next(&mut one, 1).await), ["U d2"], "the other one it hears as before");
    assert!(one.seen(&["delta"]).await.is_empty());
}

/// 6.4: A group of more than a thousand rows comes and goes by the forms that make a client load everything anew: `G` with
/// lists, and `S`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_group_is_loaded_anew() {
    let served = seeded().await;
    for at in 0..3 {
        let slide = |row| create("slides", &format!("x{at}-{row}"), json!({ "deckId": "d1" }));
        served.commit(&(0..400).map(slide).collect::<Value>()).await;
    }
    let mut one = person(&served, "u1").await;
    grant(&served, "m1", "d1").await;
    let gained = next(&mut one, 1).await.remove(0);
    assert_eq!(
        (&gained["actionType"], &gained["data"]),
        (&json!("G"), &json!({ "removedGroups": [], "addedGroups": ["deck:d1"] }))
    );
    end(&served, "m1").await;
    let lost = next(&mut one, 1).await.remove(0);
    assert_eq!((&lost["actionType"], &lost["data"]), (&json!("S"), &json!({ "group": "deck:d1", "userId": "u1" })));
    retitle(&served, "d1").await;
    assert!(one.seen(&["delta"]).await.is_empty(), "neither comes with rows");
}

/// 6.4: No client acknowledges a `G`, so what comes after it does not wait for that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_change_is_not_waited_for() {
    let served = seeded().await;
    let mut one = person(&served, "u1").await;
    let asked = one.pings;
    // Of a deck that is not there nothing else is told.
    for member in ["m1", "m2", "m3"] {
        grant(&served, member, "d9").await;
        assert_eq!(one.next("delta", |_| true).await["actionType"], "G");
        end(&served, member).await;
    }
    one.settle().await;
    assert_eq!(one.pings, asked, "it was not asked whether it has got that far");
}

/// 6.3: What rows grant is looked up when a socket connects and as they change; a token says nothing about it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_is_no_part_of_a_token() {
    let served = seeded().await;
    let (token, groups) = served.session(&json!({ "participantKind": "user", "participantId": "u1" })).await;
    assert_eq!(groups, ["user:u1"]);
    grant(&served, "m1", "d1").await;
    let mut one = Client::start(&served, token.clone(), groups.clone(), true).await;
    retitle(&served, "d1").await;
    assert_eq!(named(&next(&mut one, 1).await), ["U d1"]);
    end(&served, "m1").await;
    let mut again = Client::start(&served, token, groups, true).await;
    again.seen(&[]).await;
    retitle(&served, "d1").await;
    assert!(again.seen(&["delta"]).await.is_empty(), "and it ends for a token that was there before");
}

/// 6.3: The groups a credential was narrowed to bound what rows grant its participant, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_narrow_credential_bounds_what_is_granted() {
    let served = seeded().await;
    grant(&served, "m1", "d1").await;
    grant(&served, "m2", "d2").await;
    let narrow = json!({ "participantKind": "user", "participantId": "u1", "syncGroups": ["deck:d2"] });
    let (token, groups) = served.session(&narrow).await;
    for asked in [groups, Vec::new(), vec!["deck:d1".to_owned(), "deck:d2".to_owned()]] {
        let mut one = Client::start(&served, token.clone(), asked, true).await;
        one.seen(&[]).await;
        retitle(&served, "d1").await;
        retitle(&served, "d2").await;
        assert_eq!(named(&next(&mut one, 1).await), ["U d2"]);
        assert!(one.seen(&["delta"]).await.is_empty());
    }
}

/// 6.3: A row is in its own group, in those of the rows it is part of, however far up, and in those its fields name; what it
/// merely refers to gives it none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_groups_of_a_row() {
    let served = seeded().await;
    let mut all = served.ready(&served.key, &[], 5).await;
    let person = |name: &str, boss: Value| create("people", name, json!({ "name": name, "bossId": boss }));
    served
        .commit(&json!([
            create("layers", "l1", json!({ "slideId": "s1" })),
            create("tasks", "t1", json!({ "title": "a", "inboxId": "i1" })),
            person("u8", Value::Null),
            person("u9", json!("u8")),
            create("decks", "d3", json!({ "title": "three" })),
        ]))
        .await;
    for (row, groups) in
        [("l1", vec!["deck:d1"]), ("t1", vec!["inbox:i1"]), ("u8", vec![]), ("u9", vec![]), ("d3", vec!["deck:d3"])]
    {
        let delta = all.next("delta", |delta| delta["modelId"] == row).await;
        let named: Vec<&str> =
            delta["syncGroups"].as_array().unwrap().iter().map(|group| group.as_str().unwrap()).collect();
        // Besides, every row is in the group of who made it.
        let (made, others): (Vec<&str>, Vec<&str>) = named.into_iter().partition(|group| group.starts_with("user:"));
        assert_eq!(
            (others, made),
            (groups, vec![format!("user:{}", delta["data"]["createdBy"].as_str().unwrap()).as_str()]),
            "{delta}"
        );
    }
}
