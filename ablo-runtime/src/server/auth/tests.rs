use std::time::Duration;

use ablo_schema::error::Code;
use ablo_schema::ir::{SchemaDef, ValidSchema};
use ablo_schema::time::Timestamp;
use ablo_schema::wire::{CapabilityRequest, KeyEnv, KeyKind, ParticipantKind, ParticipantRef};
use proptest::prelude::*;

use super::*;
use crate::engine::{Clock, ClockHand};

fn book() -> (Book, ClockHand) {
    let (clock, hand) = Clock::manual(Timestamp::from_millisecond(1_000_000).unwrap());
    (Book::open(Box::new(MemoryAuth), clock).unwrap(), hand)
}

fn schema() -> ValidSchema {
    SchemaDef::default().validate().unwrap()
}

fn wish(kind: KeyKind, ttl: Option<u64>) -> Mint {
    Mint {
        kind,
        env: KeyEnv::Test,
        organization: "org_a".into(),
        participant: ParticipantRef { kind: ParticipantKind::System, id: "sys_1".into() },
        on_behalf_of: None,
        operations: None,
        groups: None,
        is_given_groups: false,
        user_meta: serde_json::Map::new(),
        label: None,
        parent: None,
        ttl: ttl.map(Duration::from_secs),
        not_after: None,
    }
}

#[test]
fn a_key_works_until_it_expires() {
    let (book, hand) = book();
    let (key, credential) = book.mint(wish(KeyKind::Restricted, Some(60))).unwrap();
    assert_eq!(book.present(key.secret()).unwrap().id, credential.id);
    hand.advance(Duration::from_secs(59));
    assert!(book.present(key.secret()).is_ok());
    hand.advance(Duration::from_secs(1));
    assert!(book.present(key.secret()).unwrap_err().is(Code::ApikeyExpired));
}

#[test]
fn unknown_and_mistyped_keys_are_told_apart_from_nothing() {
    let (book, _) = book();
    let (key, _) = book.mint(wish(KeyKind::Secret, None)).unwrap();
    let mut mistyped = key.secret().to_owned();
    let last = mistyped.pop().unwrap();
    mistyped.push(if last == 'a' { 'b' } else { 'a' });
    for text in [mistyped.as_str(), "sk_test_legacyopaque", "", "sk_test_0123456789ABCDEFGHIJKLMNOPQRST06ImRt"] {
        assert!(book.present(text).unwrap_err().is(Code::ApikeyInvalid), "{text}");
    }
}

#[test]
fn revoking_reaches_everything_made_from_it() {
    let (book, _) = book();
    let (parent, root) = book.mint(wish(KeyKind::Secret, None)).unwrap();
    let session = book.mint(exchange(&schema(), &root, CapabilityRequest::default()).unwrap()).unwrap();
    let again = book.mint(exchange(&schema(), &session.1, CapabilityRequest::default()).unwrap()).unwrap();
    let mut changed = book.changed();
    assert_eq!(book.revoke(&root.id).unwrap(), 3);
    for key in [parent, session.0, again.0] {
        assert!(book.present(key.secret()).unwrap_err().is(Code::ApikeyRevoked));
    }
    assert_eq!(std::iter::from_fn(|| changed.try_recv().ok()).count(), 3, "whoever keeps sockets open hears of each");
}

#[test]
fn a_rotated_key_works_through_its_grace() {
    let (book, hand) = book();
    let (old, credential) = book.mint(wish(KeyKind::Restricted, Some(600))).unwrap();
    let (new, successor, _) = book.rotate(&credential, Duration::from_secs(30), None, None).unwrap();
    assert_eq!(successor.participant, credential.participant);
    hand.advance(Duration::from_secs(29));
    assert!(book.present(old.secret()).is_ok() && book.present(new.secret()).is_ok());
    hand.advance(Duration::from_secs(1));
    assert!(book.present(old.secret()).unwrap_err().is(Code::ApikeyExpired));
    assert!(book.present(new.secret()).is_ok());
}

#[test]
fn an_open_socket_goes_on_under_the_renewed_session_only() {
    let (book, hand) = book();
    let (_, root) = book.mint(wish(KeyKind::Secret, None)).unwrap();
    let asked = || CapabilityRequest { ttl_seconds: Some(60), ..CapabilityRequest::default() };
    let (_, first) = book.mint(exchange(&schema(), &root, asked()).unwrap()).unwrap();
    hand.advance(Duration::from_secs(50));
    assert!(book.works(&first.id));
    let (_, second) = book.mint(exchange(&schema(), &root, asked()).unwrap()).unwrap();
    hand.advance(Duration::from_secs(10));
    assert!(!book.works(&first.id));
    assert_eq!(book.successor(&first).unwrap().id, second.id);
    hand.advance(Duration::from_secs(60));
    assert!(book.successor(&first).is_none());
}

#[test]
fn what_a_backend_says_cannot_make_a_participant_another() {
    let (book, _) = book();
    let (_, root) = book.mint(wish(KeyKind::Secret, None)).unwrap();
    let meta = serde_json::json!({ "userId": "u_admin", "organizationId": "org_b", "teamIds": ["t1"] });
    let asked = CapabilityRequest {
        participant_kind: Some(ParticipantKind::Agent),
        participant_id: Some("agent:w".into()),
        user_meta: meta.as_object().cloned(),
        ..CapabilityRequest::default()
    };
    let (_, credential) = book.mint(exchange(&schema(), &root, asked).unwrap()).unwrap();
    let identity = credential.identity();
    assert_eq!(identity.get("organizationId"), Some(&"org_a".into()));
    assert_eq!(identity.get("userId"), None);
    assert_eq!(identity.get("teamIds"), Some(&serde_json::json!(["t1"])));
}

proptest! {
    /// Whatever a session asks for, what it gets reaches no further than itself.
    #[test]
    fn a_session_never_widens_itself(
        had in prop::option::of(prop::collection::vec("[a-c]", 0..3)),
        asked in prop::option::of(prop::collection::vec("[a-d*]|default", 0..4)),
        ttl in prop::option::of(0u64..10_000),
        wide in any::<Option<bool>>(),
        kind in prop::sample::select(vec![ParticipantKind::User, ParticipantKind::Agent, ParticipantKind::System]),
    ) {
        let (book, _) = book();
        let narrow = Mint { operations: had.clone(), groups: had.clone(), ..wish(KeyKind::Restricted, Some(600)) };
        let (_, own) = book.mint(narrow).unwrap();
        let request = CapabilityRequest {
            participant_kind: Some(kind),
            participant_id: Some("someone_else".into()),
            wide_scope: wide,
            sync_groups: asked.clone(),
            operations: asked.clone(),
            ttl_seconds: ttl,
            ..CapabilityRequest::default()
        };
        let (_, got) = book.mint(exchange(&schema(), &own, request).unwrap()).unwrap();
        prop_assert_eq!(&got.participant, &own.participant);
        prop_assert_eq!(&got.organization, &own.organization);
        prop_assert!(got.expires_at.unwrap() <= own.expires_at.unwrap());
        if let Some(had) = had {
            for list in [&got.operations, &got.groups] {
                prop_assert!(list.as_ref().is_some_and(|list| list.iter().all(|item| had.contains(item))));
            }
        }
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn a_file_keeps_hashes_and_never_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let open = || Book::open(Box::new(SqliteAuth::open(&path).unwrap()), Clock::system()).unwrap();
    let (key, credential) = open().mint(wish(KeyKind::Secret, None)).unwrap();
    let book = open();
    assert_eq!(*book.present(key.secret()).unwrap(), *credential);
    book.revoke(&credential.id).unwrap();
    assert!(open().present(key.secret()).unwrap_err().is(Code::ApikeyRevoked));
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let secret = key.secret().as_bytes();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
}
