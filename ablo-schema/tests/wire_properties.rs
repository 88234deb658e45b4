//! Every decoder on every input: arbitrary text never panics, and whatever is read is written so that it reads the same.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{fmt::Debug, sync::LazyLock};

use ablo_schema::{
    typed::Condition,
    wire::{self, *},
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// If the text is a `T`, then writing and reading it gives the same.
fn stable<T: DeserializeOwned + Serialize + PartialEq + Debug>(text: &str) {
    if let Ok(read) = wire::decode::<T>(text) {
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(wire::decode::<T>(&written).unwrap(), read, "{text} was written as {written}");
    }
}

/// Offers the text to every decoder.
fn every_decoder(text: &str) {
    if let Ok(frame) = ClientFrame::decode(text) {
        let written = frame.encode().unwrap();
        assert_eq!(ClientFrame::decode(&written).unwrap(), frame, "{text} was written as {written}");
    }
    if let Ok(frame) = ServerFrame::decode(text) {
        let written = frame.encode().unwrap();
        assert_eq!(ServerFrame::decode(&written).unwrap(), frame, "{text} was written as {written}");
    }
    if let Ok(commit) = Commit::decode(text) {
        assert_eq!(Commit::decode(&commit.to_http().unwrap()).unwrap(), commit);
    }
    if let Ok(batch) = QueryBatch::decode(text) {
        let readable: Vec<_> = batch.queries.into_iter().flatten().collect();
        if !readable.is_empty() {
            let again = QueryBatch::decode(&QueryBatch::encode(&readable).unwrap()).unwrap();
            assert_eq!(again.queries.into_iter().collect::<Result<Vec<_>, _>>().unwrap(), readable);
        }
    }
    let envelope = ErrorEnvelope::decode(418, text);
    assert_eq!(ErrorEnvelope::decode(418, &serde_json::to_string(&envelope).unwrap()), envelope, "{text}");
    if let Ok(key) = ApiKey::parse(text) {
        assert_eq!(key.secret(), text);
    }
    if let Some(ttl) = Ttl::parse(text) {
        stable::<Ttl>(&serde_json::to_string(&ttl).unwrap());
    }
    if let Ok(group) = Group::parse(text) {
        assert_eq!(group.as_str(), text);
    }
    macro_rules! stable { ($($ty:ty)*) => { $(stable::<$ty>(text);)* } }
    stable! {
        Ack ActiveIntent Activity Bootstrap BootstrapChunk BootstrapDelta BootstrapRequest CapabilityDeleted
        CapabilityGrant CapabilityObject CapabilityRequest ClaimAck ClaimRequest CloseTask Commit CommitOperation
        EntityTarget Group GroupChange Identity IntentAbandon IntentAnswer IntentBegin IntentGrant IntentList IntentLost
        IntentObject IntentQueue IntentQueued IntentRejected IntentReleased IntentReorder IntentRequest IntentWaiting
        ModelList ModelObject ModelWrite Mutation OpenTask PresenceList PresenceReport PresenceUpdate QueryResults
        Receipt ReorderRequest RotateRequest ScopeClaim StoredDelta SyncRequest SyncResponse TaskClosed TaskOpened Ttl
        WireDelta
    }
}

/// Every distinct body and frame of the recorded traffic, as a start for mutations, and bodies it lacks.
static SEEDS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/observed");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let text: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let mut seeds = Vec::new();
    let mut shapes = std::collections::HashSet::new();
    let lacking = [
        r#"{"type":"mutation","payload":{"mutatorName":"m","input":{"a":1},"clientTxId":"t"}}"#,
        r#"{"type":"bootstrap_request","payload":{"entities":["Task"],"versions":{},"capabilities":{}}}"#,
        r#"{"type":"claim_expired","payload":{"claimId":"c"}}"#,
        r#"{"type":"partial","lastSyncId":3,"deltas":[{"id":3,"operation":"U","modelName":"T","entityId":"t","data":{}}],"deltaCount":1}"#,
        r#"{"id":1,"actionType":"U","modelName":"T","modelId":"t","data":{"a":1},"previousData":{"a":0},"syncGroups":["org:o"],
            "organizationId":"o","createdAt":"2026-11-22T09:44:48.582Z","transactionId":null,"createdBy":"u","actorId":"u",
            "actorKind":"agent","onBehalfOfId":"p","onBehalfOfKind":"user","capabilityId":"c","confirmationState":"auto",
            "backfillProvenance":"exact","causedByTaskId":"t"}"#,
        r#"{"entries":[{"userId":"agent:a","isAgent":true,"status":"online","activeIntents":[{"intentId":"i","entityType":"t",
            "entityId":"1","action":"e","status":"expired","error":{"code":"claim_lost","heldBy":"b"}}]}]}"#,
    ];
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let recorded = lines.filter_map(|line| line.get("frame").or_else(|| line.get("body")).cloned());
    for value in recorded.chain(lacking.into_iter().map(|text| serde_json::from_str(text).unwrap())) {
        // Frames that differ only in ids and times say nothing new.
        let shape: String = value.to_string().chars().filter(|c| !c.is_ascii_hexdigit()).collect();
        if shapes.insert(shape) {
            seeds.push(value);
        }
    }
    seeds
});

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        select(vec!["{}", "[1]", "I", "a:b", "2026-01-31T12:00:00Z", "5m", "policy:x"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((".{0,6}", inner), 0..4).prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

/// Every place in a value, as pointers.
fn places(value: &Value, at: String, found: &mut Vec<String>) {
    found.push(at.clone());
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                places(value, format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                places(value, format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[derive(Clone, Debug)]
enum Change {
    Replace(Value),
    Remove,
    Add(String, Value),
    Wrap,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        json().prop_map(Change::Replace),
        Just(Change::Remove),
        (".{1,6}", json()).prop_map(|(name, value)| Change::Add(name, value)),
        Just(Change::Wrap),
    ]
}

fn apply(value: &mut Value, place: usize, change: Change) {
    let mut found = Vec::new();
    places(value, String::new(), &mut found);
    let pointer = &found[place % found.len()];
    match change {
        Change::Replace(new) => *value.pointer_mut(pointer).unwrap() = new,
        Change::Remove => {
            let Some((parent, name)) = pointer.rsplit_once('/') else { return };
            if let Some(Value::Object(members)) = value.pointer_mut(parent) {
                members.remove(name);
            }
        }
        Change::Add(name, new) => {
            if let Some(Value::Object(members)) = value.pointer_mut(pointer) {
                members.insert(name, new);
            }
        }
        Change::Wrap => {
            // Peers sometimes encode a value twice.
            let inner = value.pointer_mut(pointer).unwrap();
            *inner = Value::String(inner.to_string());
        }
    }
}

#[test]
fn every_seed_is_stable() {
    assert!(SEEDS.len() > 100, "{}", SEEDS.len());
    for seed in SEEDS.iter() {
        every_decoder(&seed.to_string());
    }
}

fn text() -> impl Strategy<Value = String> {
    ".{0,20}"
}

fn data() -> impl Strategy<Value = JsonText> {
    vec(("[a-z]{1,4}", json()), 0..4).prop_map(|members| JsonText::of(&Value::Object(Map::from_iter(members))).unwrap())
}

fn operation() -> impl Strategy<Value = CommitOperation> {
    (
        select(Action::ALL.to_vec()),
        "[A-Za-z]{1,8}",
        option::of(text()),
        option::of(data()),
        option::of(text()),
        option::of(any::<u64>()),
        option::of(select(vec![OnStale::Reject, OnStale::Force, OnStale::Flag, OnStale::Merge])),
        option::of(any::<bool>()),
    )
        .prop_map(|(action, model, id, input, transaction_id, read_at, on_stale, bypass)| CommitOperation {
            action,
            model,
            id,
            input,
            transaction_id: transaction_id.map(TransactionId::from),
            read_at: read_at.map(SyncId),
            on_stale,
            bypass,
        })
}

fn commit() -> impl Strategy<Value = Commit> {
    (vec(operation(), 1..4), text(), option::of(text()), option::of(text()), option::of(text())).prop_map(
        |(operations, client_tx_id, idempotency_key, intent, task)| Commit {
            operations,
            client_tx_id: ClientTxId::from(client_tx_id),
            idempotency_key: idempotency_key.map(IdempotencyKey::from),
            intent: intent.map(ClaimId::from),
            caused_by_task_id: task.map(TaskId::from),
        },
    )
}

fn reference() -> impl Strategy<Value = ParticipantRef> {
    let kind = select(vec![ParticipantKind::User, ParticipantKind::Agent, ParticipantKind::System]);
    (kind, text()).prop_map(|(kind, id)| ParticipantRef { kind, id: ParticipantId::from(id) })
}

fn stored() -> impl Strategy<Value = StoredDelta> {
    use DeltaAction::*;
    let action = select(vec![Insert, Update, Delete, Archive, Unarchive, Cover, GroupAdded, GroupRemoved]);
    let group = ("[a-z][a-z0-9_]{0,4}", ".{1,8}").prop_map(|(kind, id)| Group::new(&kind, &id).unwrap());
    let core = (any::<u64>(), action, text(), text(), option::of(data()), option::of(data()), vec(group, 0..3), text());
    let who = (option::of(reference()), option::of(reference()), option::of(text()));
    (core, 0i64..4_000_000_000_000, option::of(text()), who).prop_map(|(core, millis, transaction_id, who)| {
        let (id, action, model_name, model_id, data, previous_data, sync_groups, organization_id) = core;
        StoredDelta {
            core: DeltaCore {
                id: SyncId(id),
                action,
                model_name,
                model_id,
                data,
                previous_data,
                sync_groups,
                organization_id: OrganizationId::from(organization_id),
                created_at: jiff::Timestamp::from_millisecond(millis).unwrap(),
                transaction_id: transaction_id.map(TransactionId::from),
            },
            attribution: DeltaAttribution {
                created_by: who.0.as_ref().map(|actor| actor.id.clone()),
                actor: who.0,
                on_behalf_of: who.1,
                capability_id: who.2.clone().map(CapabilityId::from),
                confirmation_state: Some(ConfirmationState::RequiredHumanApproval),
                backfill_provenance: None,
            },
            provenance: DeltaProvenance { caused_by_task_id: who.2.map(TaskId::from) },
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..200)) {
        every_decoder(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,80}") {
        every_decoder(&text);
    }

    #[test]
    fn arbitrary_json_is_read_and_written_stably(value in json()) {
        every_decoder(&value.to_string());
    }

    #[test]
    fn cut_and_changed_bodies_are_read_and_written_stably(
        seed in 0usize..1_000_000,
        changes in vec((any::<usize>(), change()), 0..4),
        cut in option::weighted(0.1, any::<prop::sample::Index>()),
    ) {
        let mut value = SEEDS[seed % SEEDS.len()].clone();
        for (place, change) in changes {
            apply(&mut value, place, change);
        }
        let text = value.to_string();
        let end = cut.map_or(text.len(), |cut| cut.index(text.len() + 1));
        every_decoder(&String::from_utf8_lossy(&text.as_bytes()[..end]));
    }

    #[test]
    fn commits_round_trip_in_both_spellings(commit in commit()) {
        let frame = ClientFrame::Commit(commit.clone()).encode().unwrap();
        prop_assert_eq!(ClientFrame::decode(&frame).unwrap(), ClientFrame::Commit(commit.clone()));
        let body = commit.to_http().unwrap();
        prop_assert!(!body.contains("\"type\":\"CREATE\""));
        prop_assert_eq!(Commit::decode(&body).unwrap(), commit);
    }

    #[test]
    fn stored_deltas_round_trip_and_their_projections_never_name_the_organization(delta in stored()) {
        let text = serde_json::to_string(&delta).unwrap();
        prop_assert_eq!(&wire::decode::<StoredDelta>(&text).unwrap(), &delta);
        for projection in [delta.for_client(), delta.for_server()] {
            let value = serde_json::to_value(&projection).unwrap();
            prop_assert!(value.get("organizationId").is_none());
            let mut text = Vec::new();
            projection.write_json(&mut text).unwrap();
            prop_assert_eq!(String::from_utf8(text).unwrap(), serde_json::to_string(&projection).unwrap());
            prop_assert_eq!(wire::decode::<WireDelta>(&value.to_string()).unwrap(), projection);
        }
        // The members of the slices are exactly those of the row.
        let row: Map<String, Value> = serde_json::from_str(&text).unwrap();
        let members: Vec<_> = DeltaSlice::ALL.iter().flat_map(|slice| slice.members()).collect();
        for name in row.keys() {
            prop_assert!(members.contains(&&name.as_str()), "{}", name);
        }
    }

    #[test]
    fn conditions_round_trip(
        field in text(),
        compare in select(vec!["=", "!=", "<", "<=", ">", ">=", "IS", "IS NOT", "LIKE", "NOT ILIKE", "IN", "NOT IN"]),
        value in prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), ".{0,9}".prop_map(Value::from)],
    ) {
        let compare = ablo_schema::typed::Compare::parse(compare).unwrap();
        let listed = compare.as_str().ends_with("IN");
        let value = if listed { Value::from(vec![value]) } else { value };
        let mut query = Query::of("Task");
        query.conditions.push(Condition { field, compare, value });
        let text = serde_json::to_string(&query).unwrap();
        prop_assert_eq!(Query::decode(&text).unwrap(), query);
    }

    #[test]
    fn minted_keys_parse_and_no_changed_character_does(random: [u8; 32], at in 8usize..44, to in "[0-9A-Za-z]") {
        let key = ApiKey::mint(KeyKind::Restricted, KeyEnv::Live, random);
        prop_assert_eq!(key.secret().len(), 44);
        prop_assert_eq!(&ApiKey::parse(key.secret()).unwrap(), &key);
        let mut changed = key.secret().to_owned();
        changed.replace_range(at..=at, &to);
        prop_assert_eq!(ApiKey::parse(&changed).is_ok(), changed == key.secret());
    }
}
