//! Claims at a running engine: tasks that really contend, holders that sleep, handles that are dropped.
#![allow(clippy::unwrap_used, missing_docs)]

use std::future::Future;
use std::time::Duration;

use ablo_runtime::claims::{
    Acquire, ClaimCommand, ClaimDetails, ClaimEvent, ClaimReply, End, Entry, Grant, Refusal, RowClaims,
};
use ablo_runtime::engine::{
    ClaimWatch, Clock, ClockHand, CommitRequest, Committed, Engine, EngineOptions, Event, Participant, Session,
};
use ablo_runtime::store::MemoryStore;
use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::{SchemaDef, ValidSchema};
use ablo_schema::time::Timestamp;
use ablo_schema::wire::{Action, ClaimId, Commit, CommitOperation, FencingToken, JsonText, SyncId};
use serde_json::{Value, json};

fn schema() -> ValidSchema {
    let field = |ty: &str| json!({"type": ty, "isIndexed": false, "isOptional": false});
    let artifact = json!({"v": 3,
        "identityRoles": [{"kind": "org", "source": {"field": "organizationId", "multi": false}}],
        "models": {"tasks": {"typename": "Task", "mutable": true, "load": "instant", "tenancy": {"kind": "column"},
            "plane": "tenant", "relations": {},
            "fields": {"steps": field("number"), "token": field("number"), "writer": field("string")}}}});
    SchemaDef::from_artifact(&artifact.to_string()).unwrap().validate().unwrap()
}

/// Runs a test over every store.
async fn on_every_store<F: Future<Output = ()>>(clock: &Clock, test: impl Fn(Engine) -> F) {
    let options = EngineOptions { clock: clock.clone(), ..EngineOptions::default() };
    test(Engine::open(schema(), MemoryStore::new(), options.clone()).await.unwrap()).await;
    #[cfg(feature = "sqlite")]
    {
        use ablo_runtime::store::{Durability, SqliteStore};
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::new(folder.path().join("claims.db"), Durability::Normal);
        test(Engine::open(schema(), store, options).await.unwrap()).await;
    }
}

fn standing_clock() -> (Clock, ClockHand) {
    Clock::manual(Timestamp::from_second(1_795_341_000).unwrap())
}

fn agent(engine: &Engine, id: &str) -> Session {
    engine.session(Participant::agent("org_1", id))
}

fn wish(claim: &str) -> Acquire {
    let details = ClaimDetails { action: "editing".into(), ..ClaimDetails::default() };
    Acquire { claim: claim.into(), details, ttl_ms: None, wait: true, max_queue_depth: None }
}

async fn acquire(session: &Session, claim: &str) -> ClaimReply {
    session.claim("tasks", "t1", ClaimCommand::Acquire(wish(claim))).await.unwrap()
}

async fn release(session: &Session, claim: &str) -> ClaimReply {
    let command = ClaimCommand::Release { claim: Some(claim.into()), token: None };
    session.claim("tasks", "t1", command).await.unwrap()
}

fn granted(reply: ClaimReply) -> Grant {
    match reply {
        ClaimReply::Granted(grant) => grant,
        other => panic!("{other:?} is no grant"),
    }
}

/// What happens to a handle next. Whoever waits for nothing fails.
async fn told(watch: &mut ClaimWatch) -> ClaimEvent {
    tokio::time::timeout(Duration::from_secs(20), watch.next()).await.expect("news of the handle")
}

/// Holds the row, however long the line is.
async fn hold(session: &Session, wish: Acquire) -> Result<FencingToken, End> {
    let mut watch = session.follow_claim(&wish.claim);
    match session.claim("tasks", "t1", ClaimCommand::Acquire(wish)).await.unwrap() {
        ClaimReply::Granted(grant) => Ok(grant.token),
        ClaimReply::Queued { .. } => match told(&mut watch).await {
            ClaimEvent::Granted { token, .. } => Ok(token),
            ClaimEvent::Ended { end, .. } => Err(end),
            other => panic!("{other:?} is not about a handle"),
        },
        other => panic!("{other:?} is no place"),
    }
}

async fn create(session: &Session) {
    create_row(session, "t1").await;
}

fn update(id: &str, input: Value) -> CommitOperation {
    let mut operation = CommitOperation::new(Action::Update, "tasks", id);
    operation.input = Some(JsonText::of(&input).unwrap());
    operation
}

async fn create_row(session: &Session, id: &str) {
    let mut operation = CommitOperation::new(Action::Create, "tasks", id);
    operation.input = Some(JsonText::of(&json!({"steps": 0, "token": 0, "writer": "nobody"})).unwrap());
    session.commit(request(operation, None, None)).await.unwrap();
}

fn request(operation: CommitOperation, claim: Option<&str>, token: Option<FencingToken>) -> CommitRequest {
    let commit = Commit {
        operations: vec![operation],
        client_tx_id: "".into(),
        idempotency_key: None,
        intent: claim.map(ClaimId::from),
        caused_by_task_id: None,
    };
    CommitRequest { token, ..commit.into() }
}

async fn write(
    session: &Session,
    input: Value,
    claim: Option<&str>,
    token: Option<FencingToken>,
) -> Result<Committed, AbloError> {
    session.commit(request(update("t1", input), claim, token)).await
}

/// The row's counter.
async fn steps(session: &Session) -> u64 {
    let row = session.retrieve("tasks", "t1").await.unwrap().0.unwrap().row;
    row.values.get(0).and_then(Value::as_f64).unwrap() as u64
}

fn refused_as(code: Code, result: Result<Committed, AbloError>) -> bool {
    result.is_err_and(|error| error.is(code))
}

/// What workers do to the row in a history: each reads the counter under its claim and writes it back one higher.
/// Some hold on past their lease before they write, some give up while waiting, some vanish while holding.
async fn worker(session: Session, rounds: usize, seed: usize) {
    let who = session.participant().id.clone();
    for round in 0..rounds {
        let claim = format!("{who}-{round}");
        let mood = (seed * 31 + round * 17) % 11;
        let ttl_ms = Some(if mood < 4 { 15 } else { 2_000 });
        if mood == 4 {
            // Gives up its place, or its lease, whatever it has by then.
            session.claim("tasks", "t1", ClaimCommand::Acquire(wish(&claim))).await.unwrap();
            session.claim_detached("tasks", "t1", ClaimCommand::Release { claim: Some(claim.into()), token: None });
            continue;
        }
        let Ok(token) = hold(&session, Acquire { ttl_ms, ..wish(&claim) }).await else { continue };
        let read = steps(&session).await;
        if mood < 2 {
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let input = json!({"steps": read + 1, "token": token.0, "writer": who});
        match write(&session, input, Some(&claim), Some(token)).await {
            Ok(_) => {}
            Err(error) => assert!(error.is(Code::StaleToken), "{error:?}"),
        }
        if mood == 2 {
            // Vanishes: the lease runs out by itself.
            continue;
        }
        session.claim_detached("tasks", "t1", ClaimCommand::Release { claim: Some(claim.into()), token: Some(token) });
    }
}

/// Nothing a history wrote was lost: every accepted write built on the one before it, tokens never went back, and no two
/// participants wrote under one token.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contending_tasks_never_lose_a_write() {
    on_every_store(&Clock::system(), |engine| async move {
        let observer = engine.session(Participant::system("org_1", "observer"));
        create(&observer).await;
        let workers: Vec<_> =
            (0..6).map(|seed| tokio::spawn(worker(agent(&engine, &format!("w{seed}")), 20, seed))).collect();
        for worker in workers {
            // A lost wake-up would leave someone waiting for ever.
            tokio::time::timeout(Duration::from_secs(60), worker).await.expect("everyone gets a turn").unwrap();
        }

        let mut last = (0, 0, String::new());
        let page = observer.log(SyncId(1), 10_000).await.unwrap();
        for entry in &page.entries {
            let data: Value = serde_json::to_value(entry.delta.for_server()).unwrap()["data"].clone();
            let number = |name: &str| data[name].as_f64().unwrap() as u64;
            let now = (number("token"), number("steps"), data["writer"].as_str().unwrap().to_owned());
            assert_eq!(now.1, last.1 + 1, "{now:?} overwrote {last:?}");
            assert!(now.0 >= last.0, "{now:?} after {last:?}");
            assert!(now.0 != last.0 || now.2 == last.2, "{now:?} and {last:?} share a token");
            last = now;
        }
        assert!(page.entries.len() > 60, "most workers get to write");
        // What was handed back by dropping, or left behind, goes too.
        let gone = async {
            while observer.claims("tasks", "t1").await.unwrap().next_due().is_some() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), gone).await.expect("nobody is left on the row");
    })
    .await;
}

#[tokio::test]
async fn the_line_is_served_in_order() {
    let (clock, _hand) = standing_clock();
    on_every_store(&clock, |engine| async move {
        let holder = agent(&engine, "holder");
        create(&holder).await;
        granted(acquire(&holder, "h").await);
        let mut waiters = Vec::new();
        for index in 0..5 {
            let (who, claim) = (agent(&engine, &format!("w{index}")), format!("c{index}"));
            let watch = who.follow_claim(&claim.as_str().into());
            assert!(matches!(acquire(&who, &claim).await, ClaimReply::Queued { position, .. } if position == index));
            waiters.push((who, claim, watch));
        }
        release(&holder, "h").await;
        for (turn, (who, claim, mut watch)) in waiters.into_iter().enumerate() {
            let ClaimEvent::Granted { token, promoted: true, .. } = told(&mut watch).await else { panic!("a turn") };
            assert_eq!(token, FencingToken(turn as u64 + 2));
            release(&who, &claim).await;
        }
        let claims = holder.claims("tasks", "t1").await.unwrap();
        assert!(claims.lease().is_none() && claims.queue().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_holder_that_slept_past_its_lease_is_fenced_off() {
    let (clock, hand) = standing_clock();
    on_every_store(&clock, |engine| {
        let hand = hand.clone();
        async move {
            let (slow, next) = (agent(&engine, "slow"), agent(&engine, "next"));
            create(&slow).await;
            let old = granted(acquire(&slow, "s").await).token;
            let input = |steps: u64| json!({"steps": steps, "token": 0, "writer": "slow"});
            write(&slow, input(1), Some("s"), Some(old)).await.unwrap();

            hand.advance(Duration::from_secs(61));
            // Nobody else wants the row, and still the claim is over.
            let head = slow.head().await.unwrap();
            assert!(refused_as(Code::StaleToken, write(&slow, input(2), Some("s"), Some(old)).await));
            assert!(refused_as(Code::StaleToken, write(&slow, input(2), None, Some(old)).await));
            assert!(refused_as(Code::ClaimLost, write(&slow, input(2), Some("s"), None).await));

            let new = granted(acquire(&next, "n").await);
            assert!(new.token > old);
            assert!(refused_as(Code::StaleToken, write(&slow, input(2), Some("s"), Some(old)).await));
            // Without a word about a claim it is simply someone else's row.
            let error = write(&slow, input(2), None, None).await.unwrap_err();
            assert!(error.is(Code::EntityClaimed), "{error:?}");
            assert_eq!(error.details["heldBy"], "next");
            assert_eq!(error.details["heldByIntentId"], "n");
            assert_eq!(error.details["heldByExpiresAt"], new.expires_at);
            // A late release of the old lease disturbs nobody.
            let late = ClaimCommand::Release { claim: Some("s".into()), token: Some(old) };
            assert_eq!(slow.claim("tasks", "t1", late).await.unwrap(), ClaimReply::Released(false));
            assert_eq!((steps(&slow).await, slow.head().await.unwrap()), (1, head));
            write(&next, input(2), Some("n"), Some(new.token)).await.unwrap();
        }
    })
    .await;
}

/// A claim that is over must not ride on another one of the same writer.
#[tokio::test]
async fn a_batch_under_a_lost_claim_is_refused_whole() {
    let (clock, hand) = standing_clock();
    on_every_store(&clock, |engine| {
        let hand = hand.clone();
        async move {
            let me = agent(&engine, "me");
            for id in ["t1", "t2", "t3"] {
                create_row(&me, id).await;
            }
            let claim = |id: &'static str, ttl_ms| {
                me.claim("tasks", id, ClaimCommand::Acquire(Acquire { ttl_ms: Some(ttl_ms), ..wish(id) }))
            };
            let short = granted(claim("t1", 10_000).await.unwrap()).token;
            granted(claim("t2", 60_000).await.unwrap());
            let batch = |rows: &[&str]| {
                let mut request = request(update("t1", json!({"steps": 9})), Some("t1"), Some(short));
                request.commit.operations = rows.iter().map(|id| update(id, json!({"steps": 9}))).collect();
                me.commit(request)
            };
            // Rows under the claim, under another one and under none go together while it lasts.
            batch(&["t1", "t2", "t3"]).await.unwrap();
            let mut short = me.follow_claim(&"t1".into());
            hand.advance(Duration::from_secs(11));
            assert!(matches!(told(&mut short).await, ClaimEvent::Ended { end: End::Expired, .. }));
            let head = me.head().await.unwrap();
            for rows in [&["t1"][..], &["t1", "t3"], &["t1", "t2"], &["t3", "t2", "t1"]] {
                assert!(refused_as(Code::StaleToken, batch(rows).await), "{rows:?}");
            }
            assert_eq!(me.head().await.unwrap(), head);
        }
    })
    .await;
}

#[tokio::test]
async fn a_lease_that_runs_out_passes_on_by_itself() {
    let (clock, hand) = standing_clock();
    on_every_store(&clock, |engine| {
        let hand = hand.clone();
        async move {
            let (holder, waiter) = (agent(&engine, "holder"), agent(&engine, "waiter"));
            create(&holder).await;
            let mut held = holder.follow_claim(&"h".into());
            let mut waits = waiter.follow_claim(&"w".into());
            granted(acquire(&holder, "h").await);
            acquire(&waiter, "w").await;
            let mut waiting = tokio::spawn(async move { (told(&mut waits).await, waits) });
            hand.advance(Duration::from_secs(59));
            assert!(tokio::time::timeout(Duration::from_millis(50), &mut waiting).await.is_err());
            hand.advance(Duration::from_secs(1));
            let (turn, mut waits) = waiting.await.unwrap();
            assert!(matches!(turn, ClaimEvent::Granted { token: FencingToken(2), promoted: true, .. }));
            assert!(matches!(told(&mut held).await, ClaimEvent::Ended { end: End::Expired, .. }));
            hand.advance(Duration::from_secs(60));
            assert!(matches!(told(&mut waits).await, ClaimEvent::Ended { end: End::Expired, .. }));
        }
    })
    .await;
}

#[tokio::test]
async fn a_waiter_that_fell_silent_is_passed_over() {
    let (clock, hand) = standing_clock();
    on_every_store(&clock, |engine| {
        let hand = hand.clone();
        async move {
            let [holder, silent, lively] = ["holder", "silent", "lively"].map(|id| agent(&engine, id));
            create(&holder).await;
            let renew = ClaimCommand::Renew { claim: None, token: None, ttl_ms: None };
            granted(acquire(&holder, "h").await);
            let mut forgotten = silent.follow_claim(&"s".into());
            acquire(&silent, "s").await;
            acquire(&lively, "l").await;
            for _ in 0..2 {
                hand.advance(Duration::from_secs(45));
                for who in [&holder, &lively] {
                    assert!(matches!(who.claim("tasks", "t1", renew.clone()).await, Ok(ClaimReply::Renewed { .. })));
                }
            }
            assert!(matches!(told(&mut forgotten).await, ClaimEvent::Ended { end: End::Expired, token: None, .. }));
            release(&holder, "h").await;
            let claims = holder.claims("tasks", "t1").await.unwrap();
            assert_eq!(claims.lease().unwrap().entry.participant.id.as_str(), "lively");
        }
    })
    .await;
}

#[tokio::test]
async fn everyone_who_sees_the_row_follows_its_claims() {
    let (clock, _hand) = standing_clock();
    on_every_store(&clock, |engine| async move {
        let (holder, waiter) = (agent(&engine, "holder"), agent(&engine, "waiter"));
        let stranger = engine.session(Participant::agent("org_2", "stranger"));
        create(&holder).await;
        let mut seen = agent(&engine, "watcher").subscribe(None).await.unwrap();
        let mut unseen = stranger.subscribe(None).await.unwrap();
        granted(acquire(&holder, "h").await);
        acquire(&waiter, "w").await;
        release(&holder, "h").await;
        let mut story = Vec::new();
        for _ in 0..3 {
            let event = tokio::time::timeout(Duration::from_secs(20), seen.next()).await.expect("news of the row");
            let Some(Event::Claims(change)) = event.unwrap() else { panic!("a change of claims") };
            assert_eq!((change.model.as_str(), change.id.as_str()), ("tasks", "t1"));
            let name = |entry: &Entry| entry.participant.id.to_string();
            story.push((change.claims.lease().map(|lease| name(&lease.entry)), change.claims.queue().len()));
        }
        assert_eq!(story, [(Some("holder".into()), 0), (Some("holder".into()), 1), (Some("waiter".into()), 0)]);
        let nothing = tokio::time::timeout(Duration::from_millis(50), unseen.next()).await;
        assert!(nothing.is_err(), "another organization hears nothing: {nothing:?}");
        // And finds nothing.
        assert_eq!(stranger.claims("tasks", "t1").await.unwrap(), RowClaims::default());
    })
    .await;
}

#[tokio::test]
async fn refusals_change_nothing() {
    let (clock, _hand) = standing_clock();
    on_every_store(&clock, |engine| async move {
        let (holder, other) = (agent(&engine, "holder"), agent(&engine, "other"));
        create(&holder).await;
        granted(acquire(&holder, "h").await);
        let before = holder.claims("tasks", "t1").await.unwrap();
        let refused = |command| {
            let other = other.clone();
            async move {
                match other.claim("tasks", "t1", command).await.unwrap() {
                    ClaimReply::Refused(refusal) => refusal,
                    reply => panic!("{reply:?} is no refusal"),
                }
            }
        };
        let hasty = ClaimCommand::Acquire(Acquire { wait: false, ..wish("o") });
        assert!(matches!(refused(hasty).await, Refusal::Held { .. }));
        let picky = ClaimCommand::Acquire(Acquire { max_queue_depth: Some(0), ..wish("o") });
        assert!(matches!(refused(picky).await, Refusal::QueueTooDeep { position: 0, .. }));
        assert_eq!(refused(ClaimCommand::Reorder { order: vec![] }).await, Refusal::Unauthorized);
        let renew = ClaimCommand::Renew { claim: Some("h".into()), token: Some(FencingToken(1)), ttl_ms: None };
        assert_eq!(refused(renew).await, Refusal::Lost);
        assert_eq!(release(&other, "h").await, ClaimReply::Released(false));
        assert_eq!(holder.claims("tasks", "t1").await.unwrap(), before);
    })
    .await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn claims_outlive_the_process() {
    use ablo_runtime::store::{Durability, SqliteStore};
    let (clock, hand) = standing_clock();
    let folder = tempfile::tempdir().unwrap();
    let open = async || {
        let options = EngineOptions { clock: clock.clone(), ..EngineOptions::default() };
        loop {
            // The engine before lets go of the file in its own time.
            let store = SqliteStore::new(folder.path().join("claims.db"), Durability::Full);
            match Engine::open(schema(), store, options.clone()).await {
                Ok(engine) => break engine,
                Err(error) => assert!(error.is(Code::StoreUnavailable), "{error:?}"),
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let engine = open().await;
    let (holder, waiter) = (agent(&engine, "holder"), agent(&engine, "waiter"));
    create(&holder).await;
    let token = granted(acquire(&holder, "h").await).token;
    acquire(&waiter, "w").await;
    let before = holder.claims("tasks", "t1").await.unwrap();
    drop((holder, waiter, engine));

    let engine = open().await;
    let (holder, waiter) = (agent(&engine, "holder"), agent(&engine, "waiter"));
    let after = holder.claims("tasks", "t1").await.unwrap();
    assert_eq!(after.lease(), before.lease());
    assert_eq!(after.queue_objects("tasks", "t1"), [], "who waited did so through the process before");
    acquire(&waiter, "w").await;
    // The new process ends what runs out without being asked.
    let mut watch = waiter.follow_claim(&"w".into());
    hand.advance(Duration::from_secs(60));
    let turn = told(&mut watch).await;
    assert!(matches!(turn, ClaimEvent::Granted { token: FencingToken(2), promoted: true, .. }));
    assert!(refused_as(Code::StaleToken, write(&holder, json!({"steps": 1}), Some("h"), Some(token)).await));
    write(&waiter, json!({"steps": 1}), Some("w"), Some(FencingToken(2))).await.unwrap();
    release(&waiter, "w").await;
    drop((holder, waiter, engine));

    let engine = open().await;
    assert_eq!(granted(acquire(&agent(&engine, "holder"), "h").await).token, FencingToken(3));
}
