use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ablo_schema::time::Timestamp;
use tokio::sync::watch;

/// Where the embedded stores take the time from. Clients never say what time it is.
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    Manual(watch::Receiver<Timestamp>),
}

/// Moves a [`Clock::manual`].
#[derive(Clone, Debug)]
pub struct ClockHand(Arc<Mutex<watch::Sender<Timestamp>>>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still unless its hand is moved, for tests and simulation.
    #[must_use]
    pub fn manual(start: Timestamp) -> (Self, ClockHand) {
        let (hand, face) = watch::channel(start);
        (Self(Source::Manual(face)), ClockHand(Arc::new(Mutex::new(hand))))
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => Timestamp::now(),
            Source::Manual(face) => *face.borrow(),
        }
    }

    /// Returns when it is this time, or later.
    pub async fn sleep_until(&self, time: Timestamp) {
        match &self.0 {
            Source::System => {
                let wait = time.as_millisecond().saturating_sub(Timestamp::now().as_millisecond());
                // One more millisecond: a timer that fires early would find nothing to do and spin.
                tokio::time::sleep(Duration::from_millis(u64::try_from(wait).unwrap_or(0) + 1)).await;
            }
            Source::Manual(face) => {
                let mut face = face.clone();
                if face.wait_for(|now| *now >= time).await.is_err() {
                    // Nobody can move the clock any more.
                    std::future::pending::<()>().await;
                }
            }
        }
    }
}

impl ClockHand {
    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let hand = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hand.send_modify(|now| {
            let span = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
            let later = now.as_millisecond().saturating_add(span);
            *now = Timestamp::from_millisecond(later).unwrap_or(Timestamp::MAX);
        });
    }
}
