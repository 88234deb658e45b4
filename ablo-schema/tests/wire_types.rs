//! The protocol's examples and the places where peers may be sloppy.
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::Duration;

use ablo_schema::{
    error::{AbloError, Code, ErrorCode},
    typed::Compare,
    wire::{self, *},
};
use serde_json::{Value, json};

fn error(text: &str) -> AbloError {
    ClientFrame::decode(text).unwrap_err()
}

#[test]
fn the_worked_example_of_a_key() {
    let text = "sk_test_0123456789ABCDEFGHIJKLMNOPQRST06ImRt";
    let key = ApiKey::parse(text).unwrap();
    assert_eq!((key.kind(), key.env(), key.is_checksummed()), (KeyKind::Secret, KeyEnv::Test, true));
    assert_eq!(key.display_prefix(), "sk_test_0123");
    assert_eq!(format!("{key:?}"), "ApiKey(sk_test_0123…)");
    for wrong in [
        "sk_test_0123456789ABCDEFGHIJKLMNOPQRST06ImRu",
        "sk_live_0123456789ABCDEFGHIJKLMNOPQRST06ImRt",
        "xk_test_abc",
        "sk_prod_abc",
        "sk_test_",
        "sk_test_a b",
        "sk-test-abc",
        "",
    ] {
        assert!(ApiKey::parse(wrong).unwrap_err().is(Code::ApikeyInvalid), "{wrong}");
    }
    // Any other length is an older key without a checksum.
    assert!(!ApiKey::parse("pk_live_short-key_1").unwrap().is_checksummed());
    let one = ApiKey::mint(KeyKind::Ephemeral, KeyEnv::Live, [7; 32]);
    assert!(one.secret().starts_with("ek_live_"));
    assert_ne!(one, ApiKey::mint(KeyKind::Ephemeral, KeyEnv::Live, [8; 32]));
}

#[test]
fn groups_are_kind_and_id() {
    for good in ["org:o", "work_space2:x:y", "default", "user: "] {
        assert_eq!(Group::parse(good).unwrap().as_str(), good);
    }
    for bad in ["", "org", "org:", ":x", "Org:x", "2org:x", "or g:x", "_x:1"] {
        assert!(Group::parse(bad).unwrap_err().is(Code::InvalidGroup), "{bad}");
    }
    let group = Group::new("org", "a:b").unwrap();
    assert_eq!((group.kind(), group.id()), (Some("org"), Some("a:b")));
    assert_eq!(Group::parse("default").unwrap().kind(), None);
}

#[test]
fn an_operation_says_what_is_wrong_with_it() {
    let commit =
        |operations: &str| format!(r#"{{"type":"commit","payload":{{"clientTxId":"t1","operations":{operations}}}}}"#);
    for (operations, code, param) in [
        ("[]", Code::CommitOperationRequired, None),
        ("null", Code::CommitOperationRequired, None),
        (r#"[{"model":"task"}]"#, Code::CommitOperationActionRequired, Some("operations[0]")),
        (
            r#"[{"type":"CREATE","model":"t"},{"type":"UPSERT","model":"t"}]"#,
            Code::CommitOperationUnsupported,
            Some("operations[1]"),
        ),
        (r#"[{"type":"DELETE"}]"#, Code::CommitOperationModelRequired, Some("operations[0]")),
        (r#"[{"type":"DELETE","model":""}]"#, Code::CommitOperationModelRequired, Some("operations[0]")),
        (r#"[{"type":7}]"#, Code::InvalidBody, None),
    ] {
        let error = error(&commit(operations));
        assert!(error.is(code), "{operations}: {error}");
        assert_eq!(error.param.as_deref(), param, "{operations}");
        // The commit can be answered.
        assert_eq!(error.details["clientTxId"], "t1");
    }
}

#[test]
fn both_spellings_of_an_operation_are_one() {
    let upper = r#"{"type":"UPDATE","model":"task","id":"t1","input":{"a":1},"readAt":4,"onStale":"force"}"#;
    let lower = r#"{"action":"update","model":"task","id":"t1","data":{"a":1},"readAt":4,"onStale":"force","transactionId":null}"#;
    let read = |text: &str| wire::decode::<CommitOperation>(text).unwrap();
    assert_eq!(read(upper), read(lower));
    assert_eq!(serde_json::to_string(&read(lower)).unwrap(), upper);
    let http = serde_json::to_value(read(upper).http()).unwrap();
    assert_eq!(http["action"], "update");
    assert_eq!(http["data"], json!({ "a": 1 }));
    // A stamp that is no position knows nothing.
    for sloppy in ["-1", "1.5", "1e300"] {
        let text = format!(r#"{{"type":"UPDATE","model":"task","id":"t1","readAt":{sloppy}}}"#);
        assert_eq!(read(&text).read_at, Some(SyncId(0)), "{sloppy}");
    }
}

#[test]
fn frames_tolerate_what_they_do_not_know() {
    let known = r#"{"type":"ack","extra":1,"payload":{"lastSyncId":3,"versions":{"task":1},"more":[1.5]}}"#;
    let ClientFrame::Ack(ack) = ClientFrame::decode(known).unwrap() else { panic!() };
    assert_eq!((ack.last_sync_id, ack.versions["task"]), (SyncId(3), 1));
    let unknown = r#"{"type":"sheet_selection","payload":{"cell":"A1","n":1.50}}"#;
    let frame = ClientFrame::decode(unknown).unwrap();
    assert_eq!(frame.encode().unwrap(), unknown, "an event is passed on to the letter");
    assert!(
        matches!(ServerFrame::decode(unknown).unwrap(), ServerFrame::Other { kind, .. } if kind == "sheet_selection")
    );
    assert_eq!(ClientFrame::decode(r#"{"payload":{"type":"ping"},"type":"ping"}"#).unwrap(), ClientFrame::Ping);
    assert!(error("{").is(Code::InvalidJson));
    assert!(error("[]").is(Code::InvalidBody));
    assert!(error(r#"{"type":"ack"}"#).is(Code::InvalidBody));
    let wrong = error(r#"{"type":"intent_begin","payload":{"intentId":7}}"#);
    assert_eq!((wrong.code(), wrong.param.as_deref()), (&ErrorCode::Known(Code::InvalidBody), Some("intent_begin")));
}

#[test]
fn deltas_come_alone_in_lists_and_without_a_frame() {
    let delta =
        r#"{"id":9,"actionType":"U","modelName":"Task","modelId":"b1","data":{"id":"b1"},"syncGroups":["org:o","!"]}"#;
    let alone = ServerFrame::decode(&format!(r#"{{"type":"delta","payload":{delta}}}"#)).unwrap();
    let bare = ServerFrame::decode(delta).unwrap();
    let list = ServerFrame::decode(&format!(r#"{{"type":"delta","payload":{{"deltas":[{delta}]}}}}"#)).unwrap();
    assert_eq!(alone, bare);
    assert_eq!(alone, list);
    let ServerFrame::Deltas { deltas, new_versions: None } = alone else { panic!() };
    assert_eq!(deltas[0].sync_groups, [Group::parse("org:o").unwrap()]);
    // Row data may be JSON in a string.
    let text = delta.replace(r#"{"id":"b1"}"#, r#""{\"id\":\"b1\"}""#);
    let ServerFrame::Deltas { deltas: again, .. } = ServerFrame::decode(&text).unwrap() else { panic!() };
    assert_eq!(again, deltas);
    // A server encodes a delta once and writes the same text into every frame.
    let encoded = JsonText::of(&deltas[0]).unwrap();
    let live = ServerFrame::Deltas { deltas: vec![encoded.clone()], new_versions: None }.encode().unwrap();
    let replay = ServerFrame::SyncResponse(SyncResponse::new(vec![encoded.clone()], SyncId(9))).encode().unwrap();
    assert!(live.contains(encoded.get()) && replay.contains(encoded.get()));
    assert_eq!(ServerFrame::decode(&live).unwrap(), bare);
}

#[test]
fn a_cursor_has_two_names_and_presence_may_stand_beside_its_type() {
    let ServerFrame::SyncResponse(response) =
        ServerFrame::decode(r#"{"type":"sync_response","payload":{"cursor":"c1"}}"#).unwrap()
    else {
        panic!()
    };
    assert_eq!(response.new_cursor, Some(Cursor::from("c1")));
    let members = r#""userId":"u","status":"online","activeIntents":[]"#;
    let inside = ServerFrame::decode(&format!(r#"{{"type":"presence_update","payload":{{{members}}}}}"#)).unwrap();
    let beside = ServerFrame::decode(&format!(r#"{{"type":"presence_update",{members}}}"#)).unwrap();
    assert_eq!(inside, beside);
}

#[test]
fn a_receipt_says_success_and_status_alike() {
    let confirmed = Receipt {
        client_tx_id: "k-1".into(),
        server_tx_id: "stx_1".into(),
        status: CommitStatus::Confirmed,
        last_sync_id: SyncId(6),
        ops: 1,
        error: None,
        request_id: None,
    };
    assert_eq!(
        serde_json::to_string(&confirmed).unwrap(),
        r#"{"object":"commit_receipt","clientTxId":"k-1","serverTxId":"stx_1","success":true,"status":"confirmed","lastSyncId":6,"ops":1}"#
    );
    let reason = AbloError::new(Code::CapabilityScopeDenied, "not allowed; ask")
        .param("title")
        .detail("requiredCapability", json!({ "scope": "task.update" }));
    let rejected = Receipt { request_id: Some("req_1.7".into()), ..Receipt::rejected("k-2".into(), reason) };
    let body = serde_json::to_value(&rejected).unwrap();
    assert_eq!(body["request_id"], "req_1.7", "as in the body of a failed request");
    assert_eq!(
        (&body["success"], &body["status"], &body["serverTxId"]),
        (&json!(false), &json!("rejected"), &json!(""))
    );
    assert_eq!(
        body["error"],
        json!({ "code": "capability_scope_denied", "message": "not allowed; ask", "field": "title",
                "requiredCapability": { "scope": "task.update" } })
    );
    assert_eq!(serde_json::from_value::<Receipt>(body).unwrap(), rejected);
    let read = |text: &str| wire::decode::<Receipt>(text).unwrap();
    let plain = read(r#"{"clientTxId":"a","success":false,"error":"unique_violation"}"#);
    assert!(plain.error.unwrap().is(Code::UniqueViolation));
    let plain = read(r#"{"clientTxId":"a","success":false,"error":"plain words"}"#);
    assert_eq!(plain.error.unwrap().message, "plain words");
    assert!(read(r#"{"clientTxId":"a","success":false}"#).error.unwrap().is(Code::CommitFailed));
    assert_eq!(
        read(r#"{"clientTxId":"a","success":true,"lastSyncId":"7"}"#.replace("\"7\"", "null").as_str()).last_sync_id,
        SyncId(0)
    );
    assert_eq!(read(r#"{"clientTxId":"a"}"#).status, CommitStatus::Confirmed);
}

#[test]
fn narrowed_claims_overlap_as_the_protocol_says() {
    let part = |field: Option<&str>, path: Option<&str>, lines: Option<(u64, u64)>| ClaimTarget {
        narrowing: Narrowing {
            field: field.map(Into::into),
            path: path.map(Into::into),
            range: lines.map(|(start_line, end_line)| LineRange {
                start_line,
                end_line,
                start_column: None,
                end_column: None,
            }),
        },
        ..ClaimTarget::row("tasks", "1")
    };
    let whole = ClaimTarget::row("tasks", "1");
    for (a, b, overlap) in [
        (whole.clone(), part(Some("title"), None, None), true),
        (part(Some("title"), None, None), part(Some("title"), None, None), true),
        (part(Some("title"), None, None), part(Some("body"), None, None), false),
        (part(None, Some("a"), None), part(None, Some("b"), None), false),
        (part(Some("title"), None, None), part(None, Some("b"), None), true),
        (part(None, None, Some((1, 4))), part(None, None, Some((4, 9))), true),
        (part(None, None, Some((1, 4))), part(None, None, Some((5, 9))), false),
        (part(Some("body"), None, Some((1, 4))), part(Some("body"), None, None), true),
        (whole.clone(), ClaimTarget::row("tasks", "2"), false),
        (whole.clone(), ClaimTarget::row("notes", "1"), false),
    ] {
        assert_eq!(a.overlaps(&b), overlap, "{a:?} {b:?}");
        assert_eq!(b.overlaps(&a), overlap, "{b:?} {a:?}");
    }
}

#[test]
fn a_ttl_is_seconds_or_text() {
    let read = |text: &str| wire::decode::<Ttl>(text).map(|ttl| ttl.0);
    for (text, millis) in [
        ("30", 30_000),
        ("1.5", 1_500),
        (r#""500ms""#, 500),
        (r#""30s""#, 30_000),
        (r#""3m""#, 180_000),
        (r#""24h""#, 86_400_000),
    ] {
        assert_eq!(read(text).unwrap(), Duration::from_millis(millis), "{text}");
    }
    for text in [
        "0",
        "0.0001",
        r#""0s""#,
        "-1",
        "1e300",
        r#""30""#,
        r#""5d""#,
        r#""s""#,
        r#""99999999999999999999h""#,
        "null",
        "{}",
    ] {
        assert!(read(text).unwrap_err().is(Code::InvalidBody), "{text}");
    }
}

#[test]
fn a_batch_takes_every_form_of_where() {
    let batch = QueryBatch::decode(
        r#"{"organizationId":"o","queries":[
            {"model":"Task","where":[["a",1],["b","not in",["x"]],["c","IS NOT",null]],"orderBy":"created_at","order":"desc","limit":5,"related":["project"]},
            {"model":"Task","where":{"a":null,"b":["x","y"]}},
            {"model":"Task","ids":["t1"]},
            {"model":"Task","where":[["a","~","x"]]},
            {"model":"Task","where":[["a","IN","x"]]},
            {"model":"Task","where":[["a"]]},
            {"where":[]}]}"#,
    )
    .unwrap();
    assert_eq!(batch.organization_id, Some("o".into()));
    let [first, object, ids, unsupported, scalar, short, nameless] = batch.queries.as_slice() else { panic!() };
    let first = first.as_ref().unwrap();
    let operators: Vec<_> = first.conditions.iter().map(|condition| condition.compare).collect();
    assert_eq!(operators, [Compare::Eq, Compare::NotIn, Compare::IsNot]);
    assert_eq!(
        (first.order, first.limit, first.related.as_slice()),
        (Some(Direction::Desc), Some(5), &["project".to_owned()][..])
    );
    let object = &object.as_ref().unwrap().conditions;
    // Without an operator null is looked for; only a written `=` compares with it.
    assert_eq!((object[0].compare, &object[0].value), (Compare::Is, &Value::Null));
    let written = Query {
        conditions: vec![ablo_schema::typed::Condition { field: "a".into(), compare: Compare::Eq, value: Value::Null }],
        ..Query::of("T")
    };
    assert_eq!(Query::decode(&serde_json::to_string(&written).unwrap()).unwrap(), written);
    assert_eq!(object[1].compare, Compare::In);
    assert_eq!(ids.as_ref().unwrap().conditions[0].value, json!(["t1"]));
    assert!(unsupported.as_ref().unwrap_err().is(Code::QueryUnsupportedOperator));
    for malformed in [scalar, short, nameless] {
        assert!(malformed.as_ref().unwrap_err().is(Code::InvalidBody));
    }
    for none in ["{}", r#"{"queries":[]}"#] {
        assert!(QueryBatch::decode(none).unwrap_err().is(Code::QueriesRequired));
    }
    let many = format!(r#"{{"queries":[{}]}}"#, vec![r#"{"model":"T"}"#; MAX_QUERIES + 1].join(","));
    assert!(QueryBatch::decode(&many).unwrap_err().is(Code::InvalidBody));
}

#[test]
fn a_claim_answer_serves_every_reader() {
    let target = ClaimTarget::row("tasks", "h2");
    let intent = IntentObject {
        object: intent_word(),
        id: "int_1".into(),
        status: IntentStatus::Active,
        target: IntentTarget::from(&target),
        action: "editing".into(),
        description: None,
        field: None,
        held_by: "u_1".into(),
        actor: Some("u_1".into()),
        participant_kind: HolderKind::Human,
        meta: None,
        created_at: Some("1795341190896".into()),
        expires_at: Some("2026-11-22T09:53:40.896Z".into()),
        position: None,
    };
    let body = serde_json::to_value(IntentAnswer(intent.clone())).unwrap();
    assert_eq!(
        (&body["id"], &body["intent"]["id"], &body["target"]["model"]),
        (&json!("int_1"), &json!("int_1"), &json!("tasks"))
    );
    let list = IntentList { intents: vec![intent.clone()], queue: vec![] };
    let body = serde_json::to_value(&list).unwrap();
    assert_eq!((&body["object"], &body["data"], &body["queue"]), (&json!("list"), &body["intents"], &json!([])));
    assert_eq!(ClaimTarget::from(intent.target), target);
}

#[test]
fn group_changes_come_in_two_forms() {
    let delta = |data: &str| format!(r#"{{"id":1,"actionType":"G","modelName":"Group","modelId":"g","data":{data}}}"#);
    let read = |data: &str| wire::decode::<WireDelta>(&delta(data)).unwrap().group_change();
    let one = read(r#""{\"group\":\"project:p9\",\"userId\":\"u_1\"}""#).unwrap();
    assert_eq!((one.group, one.user_id), (Some(Group::parse("project:p9").unwrap()), Some("u_1".into())));
    let older = read(r#"{"removedGroups":["a:1"],"addedGroups":[]}"#).unwrap();
    assert_eq!(older.removed_groups.unwrap().len(), 1);
    assert!(read("null").unwrap_err().is(Code::InvalidBody));
}

#[test]
fn instants_have_the_digits_that_javascript_gives_them() {
    for (given, written) in [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z"),
        ("2026-01-02T03:04:05.1Z", "2026-01-02T03:04:05.100Z"),
        ("2026-01-02T04:04:05.120+01:00", "2026-01-02T03:04:05.120Z"),
        ("2026-01-02T03:04:05.0001Z", "2026-01-02T03:04:05.0001Z"),
    ] {
        let closed: TaskClosed = wire::decode(&json!({ "id": "t", "endedAt": given }).to_string()).unwrap();
        assert_eq!(serde_json::to_value(closed).unwrap()["endedAt"], written);
        let delta = json!({ "id": 1, "actionType": "D", "modelName": "Task", "modelId": "a", "createdAt": given });
        let delta: WireDelta = wire::decode(&delta.to_string()).unwrap();
        assert_eq!(serde_json::to_value(delta).unwrap()["createdAt"], written);
        let scope = json!({ "organizationId": "o", "syncGroups": [], "operations": [], "participantKind": "user", "participantId": "u" });
        let grant =
            json!({ "capabilityId": "c", "token": "t", "expiresAt": given, "organizationId": "o", "scope": scope });
        let grant: CapabilityGrant = wire::decode(&grant.to_string()).unwrap();
        assert_eq!(serde_json::to_value(grant).unwrap()["expiresAt"], written);
    }
}
