use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use ablo_schema::wire::{ClaimId, ParticipantId};
use axum::extract::ws::Utf8Bytes;
use tokio::sync::Notify;

use super::presence::ConnectionId;
use crate::lock::lock;

/// Something for a connection to act on.
#[derive(Clone, Debug)]
pub enum Push {
    /// A frame to be sent as it is.
    Frame(Utf8Bytes),
    /// A waiter of this connection's participant was promoted.
    Granted(Box<Grant>),
    /// A claim of this connection's participant ended without being given up.
    Lost {
        /// The claim.
        claim: ClaimId,
        /// The frame to be sent.
        frame: Utf8Bytes,
    },
    /// A bootstrap that reached this far was served to the connection's credential.
    Bootstrapped(u64),
    /// The connection's credential changed.
    Login,
    /// The connection is to be closed.
    Close(u16, &'static str),
    /// More waited for it than there is room for. What it was to be told is lost to it, so it has to come back.
    FellBehind,
}

/// A promotion.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The claim.
    pub claim: ClaimId,
    /// The row: typename-independent schema key and id.
    pub row: (String, String),
    /// The frame to be sent once the connection has caught up.
    pub frame: String,
}

/// What a frame is the state of: a newer one says everything that an older one did.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Whether somebody is there, and what it does and holds.
    Presence(ParticipantId),
    /// Who waits for a row: its spelling and id.
    Line(String, String),
    /// Where a connection is, as its application relays it: the kind of the event.
    Relayed(ConnectionId, String),
}

/// From so many on, or a quarter of the bytes, newer state takes the place of older: whoever keeps up is told everything
/// as it happens.
const CROWDED: usize = 64;
/// Most that may wait.
const MOST: usize = 4_096;
/// When frames of so many bytes wait, nothing is added.
const BYTES: usize = 1 << 20;

/// What waits for one connection to be told.
///
/// Nothing is dropped silently. State gives way to newer state; what ends somebody's wait, a grant or a loss, is kept;
/// and a connection for which too much waits all the same loses everything and is closed, so that its client comes back,
/// announces its claims again and is told how things stand. What ends a connection needs no room.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    queue: VecDeque<(Option<Topic>, Push)>,
    /// How many have been taken: the number of the first one in the queue.
    taken: u64,
    bytes: usize,
    /// The number of the frame that a newer one of its topic replaces. It stays where it is: a row's last holder is
    /// shown to have left it before the next one is told of its grant.
    topics: HashMap<Topic, u64>,
    is_login_due: bool,
    close: Option<(u16, &'static str)>,
    fell_behind: bool,
}

impl Outbox {
    /// Adds a frame that says how something stands.
    pub fn state(&self, topic: &Topic, frame: Utf8Bytes) {
        self.change(|waiting| waiting.state(topic, frame));
    }

    /// Adds something that is to be told by itself.
    pub fn push(&self, push: Push) {
        self.change(|waiting| match push {
            Push::Login => waiting.is_login_due = true,
            Push::Close(code, reason) => _ = waiting.close.get_or_insert((code, reason)),
            push => waiting.append(None, push),
        });
    }

    fn change(&self, change: impl FnOnce(&mut Waiting)) {
        change(&mut lock(&self.waiting));
        self.wake.notify_one();
    }

    /// The next thing, once there is one. Nothing is lost when this is dropped.
    pub async fn next(&self) -> Push {
        loop {
            if let Some(push) = self.try_next() {
                return push;
            }
            self.wake.notified().await;
        }
    }

    /// The next thing, if there is one.
    pub fn try_next(&self) -> Option<Push> {
        lock(&self.waiting).take()
    }
}

impl Waiting {
    fn state(&mut self, topic: &Topic, frame: Utf8Bytes) {
        if self.queue.len() < CROWDED && self.bytes < BYTES / 4 {
            return self.append(None, Push::Frame(frame));
        }
        let at = self.topics.get(topic).and_then(|number| usize::try_from(number - self.taken).ok());
        match at.and_then(|at| self.queue.get_mut(at)) {
            Some((_, waiting)) => {
                self.bytes = (self.bytes + frame.len()).saturating_sub(waiting.bytes());
                *waiting = Push::Frame(frame);
            }
            None => self.append(Some(topic), Push::Frame(frame)),
        }
    }

    fn append(&mut self, topic: Option<&Topic>, push: Push) {
        if self.fell_behind {
            return;
        }
        if self.queue.len() >= MOST || self.bytes >= BYTES {
            let Self { is_login_due, close, .. } = *self;
            *self = Self { is_login_due, close, fell_behind: true, ..Self::default() };
            return;
        }
        self.bytes += push.bytes();
        if let Some(topic) = topic {
            self.topics.insert(topic.clone(), self.taken + self.queue.len() as u64);
        }
        self.queue.push_back((topic.cloned(), push));
    }

    fn take(&mut self) -> Option<Push> {
        if std::mem::take(&mut self.is_login_due) {
            return Some(Push::Login);
        }
        let Some((topic, push)) = self.queue.pop_front() else {
            if self.queue.capacity() > CROWDED {
                (self.queue, self.topics) = Default::default();
            }
            let close = self.close.map(|(code, reason)| Push::Close(code, reason));
            return close.or_else(|| self.fell_behind.then_some(Push::FellBehind));
        };
        self.taken += 1;
        self.bytes -= push.bytes();
        if let Some(topic) = topic {
            self.topics.remove(&topic);
        }
        Some(push)
    }
}

impl Push {
    fn bytes(&self) -> usize {
        match self {
            Self::Frame(frame) | Self::Lost { frame, .. } => frame.len(),
            Self::Granted(grant) => grant.frame.len(),
            Self::Bootstrapped(_) | Self::Login | Self::Close(..) | Self::FellBehind => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: impl Into<String>) -> Utf8Bytes {
        Utf8Bytes::from(text.into())
    }

    fn named(name: &str) -> Topic {
        Topic::Presence(name.into())
    }

    /// Everything that waits, as text.
    fn all(outbox: &Outbox) -> Vec<String> {
        let told = |push| match push {
            Push::Frame(frame) => frame.to_string(),
            Push::Lost { claim, .. } => format!("lost {claim}"),
            Push::Close(code, _) => code.to_string(),
            other => format!("{other:?}"),
        };
        let mut pushes = Vec::new();
        while let Some(push) = outbox.try_next() {
            let is_last = matches!(push, Push::Close(..) | Push::FellBehind);
            pushes.push(told(push));
            if is_last {
                break;
            }
        }
        pushes
    }

    #[test]
    fn who_keeps_up_is_told_everything() {
        let outbox = Outbox::default();
        for step in 0..3 {
            outbox.state(&named("u1"), frame(step.to_string()));
        }
        assert_eq!(all(&outbox), ["0", "1", "2"]);
    }

    #[test]
    fn state_gives_way_to_newer_state_where_it_stands() {
        let outbox = Outbox::default();
        (0..CROWDED).for_each(|_| outbox.state(&named("u1"), frame("early")));
        outbox.state(&named("u1"), frame("u1 holds it"));
        outbox.push(Push::Lost { claim: "c1".into(), frame: frame("{}") });
        for step in 0..10_000 {
            outbox.state(&named("u1"), frame(format!("u1 at {step}")));
            outbox.state(&Topic::Relayed(7, "cursor".to_owned()), frame(format!("7 at {step}")));
        }
        assert_eq!(all(&outbox).split_off(CROWDED), ["u1 at 9999", "lost c1", "7 at 9999"]);
        outbox.state(&named("u1"), frame("again"));
        assert_eq!(all(&outbox), ["again"], "what was told is not replaced any more");
    }

    #[test]
    fn what_ends_a_wait_is_kept_or_the_connection_ends() {
        let outbox = Outbox::default();
        let lost = |claim: usize| Push::Lost { claim: claim.to_string().into(), frame: frame("{}") };
        (0..MOST).for_each(|claim| outbox.push(lost(claim)));
        assert_eq!(all(&outbox).len(), MOST);
        (0..=MOST).for_each(|claim| outbox.push(lost(claim)));
        outbox.push(lost(0));
        outbox.state(&named("u1"), frame("late"));
        assert_eq!(all(&outbox), ["FellBehind"]);
        outbox.push(Push::Login);
        outbox.push(Push::Close(1012, "the server is restarting"));
        assert_eq!(all(&outbox), ["Login", "1012"], "there is always room for an end");
    }

    #[test]
    fn bytes_are_bounded() {
        let outbox = Outbox::default();
        let large = "x".repeat(64 << 10);
        let most = BYTES / large.len();
        (0..most).for_each(|_| outbox.push(Push::Frame(frame(large.clone()))));
        assert_eq!(all(&outbox).len(), most, "what was taken counts no more");
        (0..=most).for_each(|_| outbox.push(Push::Frame(frame(large.clone()))));
        assert_eq!(all(&outbox), ["FellBehind"]);
        assert_eq!(lock(&outbox.waiting).queue.capacity(), 0);
        let outbox = Outbox::default();
        (0..=most).for_each(|_| outbox.state(&named("u1"), frame(large.clone())));
        assert!(all(&outbox).len() < most / 2, "state gives way before that");
    }
}
