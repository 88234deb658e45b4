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
        ttl: ttl.map(Duration::from_secs),
        ..Mint::new(kind, KeyEnv::Test, "org_a", ParticipantRef { kind: ParticipantKind::System, id: "sys_1".into() })
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

/// Notes which credentials are to be forgotten.
#[derive(Clone, Default)]
struct Noted(std::sync::Arc<std::sync::Mutex<Vec<String>>>);

impl AuthStore for Noted {
    fn load(&self) -> Result<Kept, ablo_schema::error::AbloError> {
        Ok(Kept::default())
    }

    fn keep_credential(&self, _: &str, _: &Credential) -> Result<(), ablo_schema::error::AbloError> {
        Ok(())
    }

    fn forget_credentials(&self, hashes: &[&str]) -> Result<(), ablo_schema::error::AbloError> {
        self.0.lock().unwrap().extend(hashes.iter().map(|hash| (*hash).to_owned()));
        Ok(())
    }

    fn keep_task(&self, _: &Task) -> Result<(), ablo_schema::error::AbloError> {
        Ok(())
    }
}

const DAY: Duration = Duration::from_secs(24 * 3_600);

#[test]
fn what_has_long_been_over_is_forgotten_some_at_a_time() {
    let (clock, hand) = Clock::manual(Timestamp::from_millisecond(1_000_000).unwrap());
    let noted = Noted::default();
    let book = Book::open(Box::new(noted.clone()), clock).unwrap();
    let (root, root_credential) = book.mint(wish(KeyKind::Secret, None)).unwrap();
    let sessions: Vec<_> = (1..=5).map(|at| book.mint(wish(KeyKind::Ephemeral, Some(at))).unwrap().0).collect();
    let (revoked, revoked_credential) = book.mint(wish(KeyKind::Restricted, Some(20 * 24 * 3_600))).unwrap();
    book.revoke(&revoked_credential.id).unwrap();
    hand.advance(DAY * 30);
    assert_eq!(book.forget_over(100).unwrap(), 0, "none for thirty days yet");
    assert!(book.present(sessions[0].secret()).unwrap_err().is(Code::ApikeyExpired));
    hand.advance(Duration::from_secs(60));
    assert_eq!([2, 2, 2, 2].map(|most| book.forget_over(most).unwrap()), [2, 2, 1, 0]);
    let hashes: Vec<String> = sessions.iter().map(|key| sha256_hex(key.secret())).collect();
    assert_eq!(*noted.0.lock().unwrap(), hashes);
    assert!(book.present(sessions[0].secret()).unwrap_err().is(Code::ApikeyInvalid));
    assert!(book.present(revoked.secret()).unwrap_err().is(Code::ApikeyRevoked), "it might still work otherwise");
    hand.advance(DAY * 20);
    assert_eq!(book.forget_over(100).unwrap(), 1);
    assert!(book.find(&revoked_credential.id).is_none());
    assert_eq!(book.present(root.secret()).unwrap().id, root_credential.id);
}

#[test]
fn who_made_something_that_is_still_known_is_kept() {
    let (book, hand) = book();
    let (_, root) = book.mint(wish(KeyKind::Secret, None)).unwrap();
    let made_from = |parent: &Credential, ttl: Duration| {
        let wish = Mint { parent: Some(parent.id.clone()), ttl: Some(ttl), ..wish(KeyKind::Restricted, None) };
        book.mint(wish).unwrap()
    };
    let (_, middle) = made_from(&root, DAY);
    let (child, _) = made_from(&middle, DAY * 60);
    hand.advance(DAY * 40);
    assert_eq!(book.forget_over(100).unwrap(), 0);
    assert!(book.present(child.secret()).is_ok());
    book.revoke(&root.id).unwrap();
    assert!(book.present(child.secret()).unwrap_err().is(Code::ApikeyRevoked), "through who made it");
    hand.advance(DAY * 51);
    assert_eq!(book.forget_over(100).unwrap(), 1, "the child");
    let mut others = 0;
    for _ in 0..2 {
        hand.advance(DAY * 31);
        others += book.forget_over(100).unwrap();
    }
    assert_eq!((others, book.find(&root.id)), (2, None), "and then those before it");
}

#[test]
fn who_was_given_another_end_is_forgotten_by_that() {
    let (book, hand) = book();
    let (_, old) = book.mint(wish(KeyKind::Restricted, Some(100 * 24 * 3_600))).unwrap();
    book.rotate(&old, DAY, None, None).unwrap();
    hand.advance(DAY * 32);
    assert_eq!(book.forget_over(100).unwrap(), 1);
    assert!(book.find(&old.id).is_none());
    hand.advance(DAY * 100);
    assert_eq!(book.forget_over(100).unwrap(), 1, "its successor");
}

#[cfg(feature = "sqlite")]
#[test]
fn what_is_forgotten_is_not_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    let (clock, hand) = Clock::manual(Timestamp::from_millisecond(1_000_000).unwrap());
    let open = || Book::open(Box::new(SqliteAuth::open(&file).unwrap()), clock.clone()).unwrap();
    let book = open();
    let (_, over) = book.mint(wish(KeyKind::Ephemeral, Some(60))).unwrap();
    let (_, kept) = book.mint(wish(KeyKind::Secret, None)).unwrap();
    hand.advance(DAY * 31);
    let found = |book: &Book| [&over, &kept].map(|credential| book.find(&credential.id).is_some());
    assert_eq!(found(&open()), [true, true]);
    assert_eq!(book.forget_over(100).unwrap(), 1);
    assert_eq!(found(&open()), [false, true]);
}
