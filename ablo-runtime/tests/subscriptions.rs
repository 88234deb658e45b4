//! Who hears of what, and how readers that fall behind catch up.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::time::Duration;

use ablo_runtime::claims::{Acquire, ClaimCommand, ClaimDetails, ClaimEvent, ClaimReply, End};
use ablo_runtime::engine::{Clock, Engine, EngineOptions, Event, Query, Related, ResyncReason, Session, Subscription};
use ablo_runtime::store::MemoryStore;
use ablo_schema::typed::Compare;
use ablo_schema::wire::{ClaimId, SyncId};
use serde_json::json;
use support::*;

async fn engines(options: EngineOptions) -> Vec<(Engine, Option<tempfile::TempDir>)> {
    let memory = Engine::open(schema(), MemoryStore::new(), options.clone()).await.unwrap();
    let mut engines = vec![(memory, None)];
    #[cfg(feature = "sqlite")]
    {
        let (engine, folder) = sqlite(options).await;
        engines.push((engine, Some(folder)));
    }
    engines
}

/// The deltas that have arrived, as letter and row.
async fn heard(subscription: &mut Subscription) -> Vec<String> {
    let mut heard = Vec::new();
    while let Some(event) = subscription.try_next().await.unwrap() {
        heard.push(match event {
            Event::Delta(entry) => format!("{} {}", entry.delta.core.action.letter(), entry.delta.core.model_id),
            Event::Claims(change) => format!("claims {}", change.id),
            Event::Resync { reason, .. } => format!("{reason:?}"),
        });
    }
    heard
}

async fn prepare(session: &Session) {
    let rows = [
        create("decks", "d1", json!({"title": "one"})),
        create("decks", "d2", json!({"title": "two"})),
        create("people", "u1", json!({"name": "U"})),
        create("members", "m1", json!({"personId": "u1", "deckId": "d1"})),
        create("slides", "s1", json!({"deckId": "d1"})),
        create("layers", "l1", json!({"slideId": "s1"})),
    ];
    for row in rows {
        session.commit(commit([row])).await.unwrap();
    }
}

#[tokio::test]
async fn deltas_follow_groups_through_parents_and_moves() {
    for (engine, _folder) in engines(EngineOptions::default()).await {
        let session = system(&engine);
        prepare(&session).await;
        let mut all = session.subscribe(None).await.unwrap();
        let mut one = user(&engine, "u1").subscribe(None).await.unwrap();
        let mut none = user(&engine, "u9").subscribe(None).await.unwrap();
        session.commit(commit([update("layers", "l1", json!({"text": "x"}))])).await.unwrap();
        assert_eq!(heard(&mut one).await, ["U l1"], "a layer is in its slide's deck");
        session.commit(commit([update("slides", "s1", json!({"deckId": "d2"}))])).await.unwrap();
        assert_eq!(heard(&mut one).await, ["D s1", "D l1"], "what moves away is gone, and what is in it too");
        session.commit(commit([update("slides", "s1", json!({"deckId": "d1"}))])).await.unwrap();
        assert_eq!(heard(&mut one).await, ["U s1", "C s1", "C l1"], "what comes back is covered");
        assert_eq!(heard(&mut all).await, ["U l1", "U s1", "U s1"], "who sees everything hears of no move");
        assert!(heard(&mut none).await.is_empty(), "no group, no access");
    }
}

#[tokio::test]
async fn a_grant_reaches_its_participant_at_once() {
    for (engine, _folder) in engines(EngineOptions::default()).await {
        let session = system(&engine);
        prepare(&session).await;
        let person = user(&engine, "u1");
        let mut subscription = person.subscribe(None).await.unwrap();
        assert!(person.retrieve("decks", "d2").await.unwrap().0.is_none());
        session.commit(commit([create("members", "m2", json!({"personId": "u1", "deckId": "d2"}))])).await.unwrap();
        assert_eq!(heard(&mut subscription).await, ["AccessChanged"]);
        assert!(person.retrieve("decks", "d2").await.unwrap().0.is_some());
        session.commit(commit([update("decks", "d2", json!({"title": "new"}))])).await.unwrap();
        assert_eq!(heard(&mut subscription).await, ["U d2"]);
        session.commit(commit([delete("members", "m1")])).await.unwrap();
        assert_eq!(heard(&mut subscription).await, ["AccessChanged"]);
        session.commit(commit([update("decks", "d1", json!({"title": "new"}))])).await.unwrap();
        assert!(heard(&mut subscription).await.is_empty());
    }
}

#[tokio::test]
async fn what_moved_between_two_grants_is_covered() {
    for (engine, _folder) in engines(EngineOptions::default()).await {
        let session = system(&engine);
        prepare(&session).await;
        let person = user(&engine, "u2");
        let mut subscription = person.subscribe(None).await.unwrap();
        // Of all this the participant hears when it has both decks; when the slide came to it, it had only the second.
        for operation in [
            create("members", "m2", json!({"personId": "u2", "deckId": "d2"})),
            update("slides", "s1", json!({"deckId": "d2"})),
            create("members", "m3", json!({"personId": "u2", "deckId": "d1"})),
        ] {
            session.commit(commit([operation])).await.unwrap();
        }
        let Some(Event::Resync { after, .. }) = subscription.try_next().await.unwrap() else {
            panic!("its groups changed")
        };
        let log = subscription.log(after, usize::MAX).await.unwrap();
        let covered: Vec<&str> = log.entries.iter().map(|entry| &*entry.delta.core.model_id).collect();
        assert!(covered.contains(&"l1"), "{covered:?}");
    }
}

#[tokio::test]
async fn a_slow_reader_is_told_and_misses_nothing() {
    for (engine, _folder) in engines(EngineOptions { buffer: 4, ..EngineOptions::default() }).await {
        let session = system(&engine);
        let mut subscription = session.subscribe(None).await.unwrap();
        let mut seen = Vec::new();
        for round in 0..5 {
            for at in 0..7 {
                let id = format!("t{round}_{at}");
                session.commit(commit([create("tasks", &id, json!({"title": "a"}))])).await.unwrap();
            }
            while let Some(event) = subscription.try_next().await.unwrap() {
                match event {
                    Event::Delta(entry) => seen.push(entry.id().0),
                    Event::Resync { reason, after, head } => {
                        assert_eq!(reason, ResyncReason::TooSlow);
                        assert_eq!(after.0, *seen.last().unwrap());
                        let page = session.log(after, 1000).await.unwrap();
                        seen.extend(page.entries.iter().map(|entry| entry.id().0).filter(|id| *id <= head.0));
                    }
                    Event::Claims(_) => {}
                }
            }
        }
        assert_eq!(seen, (1..=35).collect::<Vec<_>>(), "no loss, no repetition, in order");
    }
}

#[tokio::test]
async fn claims_pass_on_when_they_run_out() {
    let (clock, hand) = Clock::manual("2026-11-22T09:00:00Z".parse().unwrap());
    for (engine, _folder) in engines(EngineOptions { clock, ..EngineOptions::default() }).await {
        let session = system(&engine);
        session.commit(commit([create("tasks", "t1", json!({"title": "a"}))])).await.unwrap();
        let other = engine.session(ablo_runtime::engine::Participant::agent("org_1", "agent"));
        session.commit(commit([create("tasks", "t2", json!({"title": "a"}))])).await.unwrap();
        let wish = |claim: &str, ttl_ms| {
            ClaimCommand::Acquire(Acquire {
                claim: ClaimId::from(claim),
                details: ClaimDetails { action: "editing".into(), ..ClaimDetails::default() },
                ttl_ms: Some(ttl_ms),
                wait: true,
                max_queue_depth: None,
            })
        };
        let mut subscription = session.subscribe(None).await.unwrap();
        let mut mine = session.follow_claim(&ClaimId::from("c1"));
        let mut theirs = other.follow_claim(&ClaimId::from("c2"));
        // A row that is not there yet can be claimed by whoever is going to make it.
        assert!(matches!(session.claim("tasks", "t9", wish("c1", 5_000)).await.unwrap(), ClaimReply::Granted(_)));
        assert!(matches!(other.claim("tasks", "t9", wish("c2", 60_000)).await.unwrap(), ClaimReply::Queued { .. }));
        assert!(matches!(mine.next().await, ClaimEvent::Granted { .. }));
        hand.advance(Duration::from_secs(6));
        assert!(matches!(mine.next().await, ClaimEvent::Ended { end: End::Expired, .. }));
        assert!(matches!(theirs.next().await, ClaimEvent::Granted { promoted: true, .. }));
        assert!(heard(&mut subscription).await.iter().any(|event| event == "claims t9"));
        let claims = other.claims("tasks", "t9").await.unwrap();
        assert_eq!(claims.lease().unwrap().entry.participant.id.as_str(), "agent");
        other.claim_detached("tasks", "t9", ClaimCommand::Release { claim: None, token: None });
        assert!(matches!(theirs.next().await, ClaimEvent::Ended { end: End::Canceled, .. }));
        assert!(session.all_claims().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn queries_filter_order_page_and_expand() {
    for (engine, _folder) in engines(EngineOptions::default()).await {
        let session = system(&engine);
        prepare(&session).await;
        let tasks = [
            ("t1", "Apple", json!(3)),
            ("t2", "apple", json!(null)),
            ("t3", "Pear", json!(1.5)),
            ("t4", "A%", json!(3)),
        ];
        let creates = tasks.map(|(id, title, points)| {
            let due =
                format!("2026-01-02T03:04:05.12{}Z", ["3", "30005", "3001", "2"][usize::from(id.as_bytes()[1] - b'1')]);
            create("tasks", id, json!({"title": title, "points": points, "due": due}))
        });
        session.commit(commit(creates)).await.unwrap();
        let ids = async |query: Query| -> Vec<String> {
            let answers = session.query(&[query]).await.unwrap();
            answers.pages[0].rows.iter().map(|found| found.row.id.clone()).collect()
        };
        let of = || Query::of("tasks");
        assert_eq!(ids(of().holds("title", Compare::Like, "a%")).await, ["t2"]);
        assert_eq!(ids(of().holds("title", Compare::Ilike, "a%")).await, ["t1", "t2", "t4"]);
        assert_eq!(ids(of().holds("title", Compare::NotIlike, "_pple")).await, ["t3", "t4"]);
        assert_eq!(ids(of().holds("points", Compare::Ge, 1.5)).await, ["t1", "t3", "t4"]);
        assert_eq!(ids(of().holds("points", Compare::Ne, 3)).await, ["t3"], "null is not unequal, it is unknown");
        assert_eq!(ids(of().holds("points", Compare::Is, json!(null))).await, ["t2"]);
        assert_eq!(ids(of().holds("id", Compare::In, json!(["t4", "t1", "x"]))).await, ["t1", "t4"]);
        assert_eq!(ids(of().holds("points", Compare::NotIn, json!([3]))).await, ["t3"]);
        assert_eq!(ids(of().order_by("points", false)).await, ["t2", "t3", "t1", "t4"]);
        assert_eq!(ids(of().order_by("due", false)).await, ["t4", "t1", "t2", "t3"], "by time, not by text");
        let mut cursor = None;
        let mut pages = Vec::new();
        loop {
            let mut query = of().order_by("points", true).limit(1);
            query.after = cursor;
            let page = session.query(&[query]).await.unwrap().pages.remove(0);
            pages.extend(page.rows.iter().map(|found| found.row.id.clone()));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(pages, ["t1", "t4", "t3", "t2"], "every row once, equals by id");
        assert_eq!(session.count(&of().limit(1)).await.unwrap(), 4);

        let page = session.query(&[Query::of("slides").related("deck")]).await.unwrap().pages.remove(0);
        let Related::One(Some(deck)) = &page.rows[0].related[0].1 else { panic!("a deck") };
        assert_eq!(deck.id, "d1");
        let page = user(&engine, "u1").query(&[Query::of("decks").related("slides")]).await.unwrap().pages.remove(0);
        let Related::Many(slides) = &page.rows[0].related[0].1 else { panic!("slides") };
        assert_eq!((page.rows.len(), slides[0].id.as_str()), (1, "s1"), "only the granted deck, with what is in it");
    }
}

/// A bootstrap and what follows it make the whole, whatever happens meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bootstrap_and_its_tail_are_the_whole() {
    for (engine, _folder) in engines(EngineOptions { buffer: 100_000, ..EngineOptions::default() }).await {
        let writer = {
            let session = system(&engine);
            tokio::spawn(async move {
                for at in 0..300 {
                    let id = format!("t{}", at % 40);
                    let operation = match at % 3 {
                        0 => create("tasks", &id, json!({"title": format!("{at}")})),
                        1 => update("tasks", &id, json!({"title": format!("{at}")})),
                        _ => delete("tasks", &id),
                    };
                    // Some of these are refused, which is as good.
                    drop(session.commit(commit([operation])).await);
                }
            })
        };
        let session = system(&engine);
        let mut replicas = Vec::new();
        for _ in 0..5 {
            let subscription = session.subscribe(None).await.unwrap();
            let start = session.bootstrap(Some(&["tasks"]), None).await.unwrap();
            assert!(start.head >= subscription.start_head());
            replicas.push((start, subscription));
            tokio::task::yield_now().await;
        }
        writer.await.unwrap();
        let shape = engine.schema().model("tasks").unwrap().shape();
        let whole = session.bootstrap(Some(&["tasks"]), None).await.unwrap();
        let text = |row: &ablo_runtime::engine::StoredRow| row.to_json(shape).unwrap().get().to_owned();
        let expected: Vec<_> = whole.models[0].1.iter().map(|row| (row.id.clone(), text(row))).collect();
        for (start, mut subscription) in replicas {
            let mut rows: std::collections::BTreeMap<String, String> =
                start.models[0].1.iter().map(|row| (row.id.clone(), text(row))).collect();
            let mut last = start.head;
            while let Some(Event::Delta(entry)) = subscription.try_next().await.unwrap() {
                if entry.id() <= start.head {
                    continue;
                }
                assert_eq!(entry.id(), SyncId(last.0 + 1), "dense");
                last = entry.id();
                let core = &entry.delta.core;
                match &core.data {
                    Some(data) => rows.insert(core.model_id.clone(), data.get().to_owned()),
                    None => rows.remove(&core.model_id),
                };
            }
            assert_eq!(last, whole.head);
            assert_eq!(expected, rows.into_iter().collect::<Vec<_>>());
        }
    }
}
