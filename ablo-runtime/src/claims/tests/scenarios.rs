use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::{IntentStatus, LossReason};
use serde_json::json;

use super::*;

const CONTEXT: RowContext<'static> = RowContext {
    model: "tasks",
    id: "t1",
    limits: ClaimLimits {
        default_ttl_ms: 60_000,
        max_ttl_ms: 3_600_000,
        waiter_ttl_ms: 90_000,
        max_queue: 2,
        max_handles: 2,
    },
    policy: &RejectConflicts,
};

fn refused(reply: ClaimReply) -> AbloError {
    match reply {
        ClaimReply::Refused(refusal) => refusal.into_error("tasks", "t1", Code::ClaimConflict),
        other => panic!("{other:?} is no refusal"),
    }
}

fn ends(events: &[ClaimEvent]) -> Vec<(&str, End)> {
    let end = |event| match event {
        &ClaimEvent::Ended { ref participant, end, .. } => Some((participant.id.as_str(), end)),
        _ => None,
    };
    events.iter().filter_map(end).collect()
}

#[test]
fn the_line_is_served_in_order_and_tokens_grow() {
    let mut bench = Bench::new();
    for who in ["a", "b", "c"] {
        bench.acquire(who, who);
    }
    assert_eq!(bench.places(), ["a", "b", "c"]);
    assert_eq!(bench.row.last_token(), FencingToken(1));
    bench.release("a", "a");
    assert_eq!(bench.places(), ["b", "c"]);
    assert_eq!(bench.row.last_token(), FencingToken(2));
    assert!(bench.write("a", None, Some(1)).is_err());
    assert!(bench.write("b", None, Some(2)).is_ok());
}

#[test]
fn a_holder_that_slept_past_its_lease_cannot_write() {
    let mut bench = Bench::new();
    bench.acquire("a", "h1");
    bench.now = 59_999;
    assert!(bench.write("a", Some("h1"), Some(1)).is_ok());
    bench.now = 60_000;
    let refusal = bench.write("a", Some("h1"), Some(1)).unwrap_err();
    assert!(refusal.clone().into_error("tasks", "t1", None).is(Code::ClaimLost));
    assert!(refusal.clone().into_error("tasks", "t1", Some(FencingToken(1))).is(Code::StaleToken));
    assert_eq!(refusal, WriteRefusal::Lost { last_token: FencingToken(1) });
    // Its own word alone still counts on a free row, where only the stale guard has something to say.
    assert!(bench.write("a", None, None).is_ok());
    assert_eq!(ends(&bench.tick()), [("a", End::Expired)]);
    assert_eq!(bench.row.next_due(), None);
}

#[test]
fn leases_last_what_was_asked_within_the_cap() {
    for (asked, lasts) in [(None, 60_000), (Some(5_000), 5_000), (Some(u64::MAX), 3_600_000), (Some(0), 1)] {
        let mut bench = Bench::new();
        bench.step("a", &ClaimCommand::Acquire(Acquire { ttl_ms: asked, ..wish("h1") }));
        assert_eq!(bench.row.next_due(), Some(lasts));
    }
}

#[test]
fn a_foreign_claim_is_refused_with_its_facts() {
    let mut bench = Bench::new();
    bench.now = 1_000;
    bench.acquire("a", "h1");
    let hasty = Acquire { wait: false, ..wish("h2") };
    let error = refused(bench.step("b", &ClaimCommand::Acquire(hasty)).0);
    assert!(error.is(Code::ClaimConflict));
    let facts = json!({ "heldBy": "a", "heldByKind": "agent", "heldByIntentId": "h1", "heldByExpiresAt": 61_000 });
    assert_eq!(json!(error.details), facts);
    assert_eq!(bench.places(), ["a"]);

    let error = bench.write("b", None, None).unwrap_err().into_error("tasks", "t1", None);
    assert!(error.is(Code::EntityClaimed));
    assert_eq!(json!(error.details), facts);
    assert_eq!(error.param.as_deref(), Some("tasks.t1"));
}

#[test]
fn a_line_is_as_deep_as_the_claimant_and_the_limits_allow() {
    let mut bench = Bench::new();
    bench.limits = CONTEXT.limits;
    bench.acquire("a", "h1");
    bench.acquire("b", "h2");
    let picky = Acquire { max_queue_depth: Some(1), ..wish("h3") };
    let error = refused(bench.step("c", &ClaimCommand::Acquire(picky)).0);
    assert!(error.is(Code::QueueTooDeep));
    assert_eq!(error.details["position"], 1);
    assert!(matches!(bench.acquire("c", "h3"), ClaimReply::Queued { position: 1, .. }));
    assert!(refused(bench.acquire("d", "h4")).is(Code::QueueTooDeep));
    // Announcing a place one already has is no new wish.
    assert!(matches!(bench.acquire("c", "h3"), ClaimReply::Queued { position: 1, .. }));
    bench.acquire("a", "h5");
    assert!(refused(bench.acquire("a", "h6")).is(Code::QueueTooDeep));
}

#[test]
fn a_custom_reason_becomes_a_policy_code() {
    struct Closed;
    impl ConflictPolicy for Closed {
        fn decide(&self, conflict: &Conflict<'_>) -> Decision {
            let Conflict::ClaimHeld { model: "tasks", id: "t1", holder, committer } = conflict else {
                return Decision::Allow;
            };
            match committer.participant.id.as_str() {
                "boss" => Decision::Allow,
                _ => Decision::Reject { reason: Some(format!("busy_{}", holder.participant.id)) },
            }
        }
    }
    let context = RowContext { policy: &Closed, ..CONTEXT };
    let at = Moment { now: 0, head: SyncId(0) };
    let mut row = RowClaims::default();
    let mut acquire = |who: &str, wait| {
        let (participant, command) = (participant(who), ClaimCommand::Acquire(Acquire { wait, ..wish(who) }));
        row.step(&Actor { participant: &participant, allows: &|_| false }, &command, at, &context).0
    };
    assert!(matches!(acquire("a", false), ClaimReply::Granted(_)));
    assert_eq!(refused(acquire("b", false)).code().as_str(), "policy:busy_a");
    assert!(matches!(acquire("b", true), ClaimReply::Queued { .. }));
    // To allow a conflict lets a write through; it makes no second holder.
    assert!(matches!(acquire("boss", true), ClaimReply::Queued { position: 1, .. }));
    let write = |who: &str| {
        let participant = participant(who);
        row.may_write(&Actor { participant: &participant, allows: &|_| false }, None, None, at, &context)
    };
    assert_eq!(write("b").unwrap_err().into_error("tasks", "t1", None).code().as_str(), "policy:busy_a");
    assert_eq!(write("boss").unwrap(), WritePass { since: None, token: None });
}

#[test]
fn preemption_jumps_the_line_and_tells_the_holder() {
    let mut bench = Bench::new();
    for who in ["a", "b", "c"] {
        bench.acquire(who, who);
    }
    bench.allowed = vec![PreemptByOperation::OPERATION];
    let (reply, events) = bench.step("c", &ClaimCommand::Acquire(wish("c")));
    assert!(matches!(reply, ClaimReply::Granted(Grant { token: FencingToken(2), .. })));
    assert_eq!(ends(&events), [("a", End::Preempted)]);
    assert_eq!(bench.places(), ["c", "b"]);
    assert!(bench.write("a", Some("a"), Some(1)).is_err());
}

#[test]
fn ends_say_what_came_of_the_claim() {
    let mut bench = Bench::new();
    let release = ClaimCommand::Release { claim: None, token: None };
    bench.acquire("a", "h1");
    assert_eq!(ends(&bench.step("a", &release).1), [("a", End::Canceled)]);
    bench.acquire("a", "h1");
    bench.step("b", &ClaimCommand::Committed);
    bench.step("a", &ClaimCommand::Committed);
    assert_eq!(ends(&bench.step("a", &release).1), [("a", End::Committed)]);
    assert_eq!(bench.step("a", &release), (ClaimReply::Released(false), vec![]));

    assert_eq!(End::Preempted.status(), IntentStatus::Canceled);
    assert_eq!((End::Expired.lost(), End::Preempted.lost()), (Some(LossReason::Expired), Some(LossReason::Preempted)));
    assert_eq!((End::Canceled.lost(), End::Committed.lost()), (None, None));
}

#[test]
fn handles_of_one_participant_share_a_lease() {
    let mut bench = Bench::new();
    bench.head = 7;
    bench.acquire("a", "h1");
    bench.head = 9;
    let again = bench.acquire("a", "h2");
    assert!(matches!(again, ClaimReply::Granted(Grant { token: FencingToken(1), granted_head: SyncId(7), .. })));
    bench.acquire("b", "h1");
    bench.release("a", "h1");
    assert_eq!(bench.places(), ["a", "b"]);
    // What a place is for is what was said last.
    let details = ClaimDetails { action: "reviewing".into(), ..ClaimDetails::default() };
    for (who, claim) in [("a", "h2"), ("b", "h1")] {
        bench.step(who, &ClaimCommand::Acquire(Acquire { details: details.clone(), ..wish(claim) }));
    }
    assert!(bench.row.entries().all(|entry| entry.details == details));
    assert_eq!(bench.write("a", Some("h2"), Some(1)).unwrap().since, Some(SyncId(7)));
    bench.release("a", "h2");
    assert_eq!(bench.places(), ["b"]);
    assert_eq!(bench.write("b", None, None).unwrap().since, Some(SyncId(9)));
}

/// What another handle is renewed by must not keep one alive whose task is gone.
#[test]
fn a_handle_that_vanished_does_not_outlive_its_own_time() {
    let mut bench = Bench::new();
    bench.step("a", &ClaimCommand::Acquire(Acquire { ttl_ms: Some(1_000), ..wish("gone") }));
    bench.acquire("a", "h1");
    bench.acquire("b", "h2");
    bench.now = 1_000;
    assert_eq!(bench.row.next_due(), Some(1_000));
    assert_eq!(ends(&bench.tick()), [("a", End::Expired)]);
    assert_eq!(bench.places(), ["a", "b"]);
    bench.release("a", "h1");
    assert_eq!(bench.places(), ["b"]);
}

#[test]
fn claims_of_one_participant_wait_each_for_itself() {
    let mut bench = Bench::new();
    bench.acquire("a", "h1");
    bench.acquire("b", "h2");
    bench.acquire("c", "h3");
    let picky = Acquire { max_queue_depth: Some(2), ..wish("h4") };
    assert!(refused(bench.step("b", &ClaimCommand::Acquire(picky)).0).is(Code::QueueTooDeep));
    assert!(matches!(bench.acquire("b", "h4"), ClaimReply::Queued { position: 2, .. }));
    bench.release("a", "h1");
    assert_eq!(bench.places(), ["b", "c", "b"]);
    // Once its participant holds the row, announcing a waiting claim again joins the lease.
    assert!(matches!(bench.acquire("b", "h4"), ClaimReply::Granted(Grant { token: FencingToken(2), .. })));
    assert_eq!(bench.places(), ["b", "c"]);
}

#[test]
fn a_late_release_of_an_earlier_lease_changes_nothing() {
    let mut bench = Bench::new();
    bench.acquire("a", "h1");
    bench.now = 60_000;
    bench.acquire("a", "h1");
    let late = ClaimCommand::Release { claim: Some(handle("h1")), token: Some(FencingToken(1)) };
    assert_eq!(bench.step("a", &late), (ClaimReply::Released(false), vec![]));
    assert_eq!(bench.places(), ["a"]);
}

#[test]
fn renewal_keeps_a_lease_and_a_place_in_line() {
    let mut bench = Bench::new();
    bench.acquire("a", "h1");
    bench.acquire("b", "h2");
    let renew = |token| ClaimCommand::Renew { claim: None, token, ttl_ms: None };
    bench.now = 50_000;
    let (reply, _) = bench.step("a", &renew(Some(FencingToken(1))));
    assert_eq!(reply, ClaimReply::Renewed { expires_at: 110_000, token: Some(FencingToken(1)) });
    bench.now = 80_000;
    assert_eq!(bench.step("b", &renew(None)).0, ClaimReply::Renewed { expires_at: 170_000, token: None });
    bench.now = 110_000;
    assert_eq!(ends(&bench.tick()), [("a", End::Expired)]);
    assert_eq!(bench.places(), ["b"]);
    let error = refused(bench.step("a", &renew(Some(FencingToken(1)))).0);
    assert!(error.is(Code::ClaimLost));
}

#[test]
fn reordering_needs_its_operation() {
    let mut bench = Bench::new();
    for who in ["a", "b", "c", "d"] {
        bench.acquire(who, who);
    }
    let order = vec![QueuePlace { held_by: "d".into(), intent_id: handle("d") }];
    let reorder = ClaimCommand::Reorder { order };
    let error = refused(bench.step("a", &reorder).0);
    assert!(error.is(Code::CapabilityScopeDenied));
    assert_eq!(error.details["requiredCapability"], json!({ "scope": "intent.reorder" }));
    assert_eq!(bench.places(), ["a", "b", "c", "d"]);
    bench.allowed = vec![ClaimCommand::REORDER];
    let (reply, events) = bench.step("a", &reorder);
    assert_eq!((reply, events), (ClaimReply::Done, vec![ClaimEvent::QueueChanged]));
    assert_eq!(bench.places(), ["a", "d", "b", "c"]);
}

/// The shape clients of the protocol read, as recorded between two of them.
#[test]
fn views_have_the_protocol_shape() {
    let mut bench = Bench::new();
    bench.now = 1_795_341_110_898;
    bench.limits.waiter_ttl_ms = 30_000;
    let details = ClaimDetails {
        action: "editing".into(),
        description: Some("rewriting".into()),
        field: Some("title".into()),
        meta: json!({ "k": 1 }).as_object().cloned(),
        ..ClaimDetails::default()
    };
    bench.step("agent:v", &ClaimCommand::Acquire(Acquire { details, ..wish("h1") }));
    bench.acquire("agent:w", "h2");
    assert_eq!(
        json!(bench.row.queue_objects("tasks", "c1")),
        json!([{ "object": "intent", "id": "h2", "status": "queued",
            "target": { "type": "tasks", "model": "tasks", "id": "c1" }, "action": "editing",
            "heldBy": "agent:w", "actor": "agent:w", "participantKind": "agent",
            "createdAt": "1795341110898", "expiresAt": "2026-11-22T09:52:20.898Z", "position": 0 }])
    );
    assert_eq!(
        json!(bench.row.state_object("tasks", "c1")),
        json!({ "object": "intent", "id": "h1", "status": "active",
            "target": { "type": "tasks", "model": "tasks", "id": "c1", "field": "title", "meta": { "k": 1 } },
            "field": "title", "action": "editing", "description": "rewriting", "meta": { "k": 1 },
            "heldBy": "agent:v", "actor": "agent:v", "participantKind": "agent",
            "createdAt": "1795341110898", "expiresAt": "2026-11-22T09:52:50.898Z" })
    );
}

#[test]
fn the_record_survives_storage() {
    let mut bench = Bench::new();
    bench.acquire("a", "h1");
    bench.acquire("b", "h2");
    bench.step("a", &ClaimCommand::Committed);
    let text = serde_json::to_string(&bench.row).unwrap();
    assert_eq!(serde_json::from_str::<RowClaims>(&text).unwrap(), bench.row);
    // A row nobody claims any more keeps its token and little else.
    bench.release("a", "h1");
    bench.release("b", "h2");
    assert_eq!(serde_json::to_string(&bench.row).unwrap(), r#"{"lastToken":2}"#);
}
