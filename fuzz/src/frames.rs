//! Frames: read or refused; what was read is written back as the same frame; the engine takes any of them.

use ablo_runtime::claims::{Acquire, ClaimCommand};
use ablo_runtime::engine::{Engine, EngineOptions, Participant, Query, Session};
use ablo_runtime::store::MemoryStore;
use ablo_schema::error::Code;
use ablo_schema::wire::{ClientFrame, ServerFrame, WireDelta};

use super::world;

/// The bytes are a frame of either side.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(frame) = ServerFrame::<WireDelta>::decode(text) {
        let _ = frame.encode().unwrap();
    }
    let Ok(frame) = ClientFrame::decode(text) else { return };
    let written = frame.encode().unwrap();
    let again = ClientFrame::decode(&written).unwrap();
    assert_eq!(again.encode().unwrap(), written);
    if matches!(frame, ClientFrame::Commit(_) | ClientFrame::IntentBegin(_)) {
        thread_local! {
            static RUNTIME: tokio::runtime::Runtime = world::runtime();
        }
        RUNTIME.with(|runtime| runtime.block_on(step(frame)));
    }
}

/// An engine of its own takes the frame, twice.
async fn step(frame: ClientFrame) {
    let engine = Engine::open(world::schema(), MemoryStore::default(), EngineOptions::default()).await.unwrap();
    let session = engine.session(Participant::system("org_1", "sys"));
    for _ in 0..2 {
        let outcome = match frame.clone() {
            ClientFrame::Commit(commit) => session.commit(commit).await.err(),
            ClientFrame::IntentBegin(begin) => {
                let (model, id) = (begin.entity_type.clone(), begin.entity_id.clone());
                session.claim(&model, &id, ClaimCommand::Acquire(Acquire::from(begin))).await.err()
            }
            _ => None,
        };
        let internal = outcome.filter(|error| error.is(Code::InternalError) || error.is(Code::StoreUnavailable));
        assert!(internal.is_none(), "{internal:?}");
    }
    readable(&session).await;
}

/// Whatever got in can be read.
async fn readable(session: &Session) {
    for model in session.engine().schema().models() {
        session.query(&[Query::of(model.key())]).await.unwrap();
    }
    session.log(0.into(), 100).await.unwrap();
}
