use std::collections::HashMap;

/// First delay of a rejection that was given before.
const FIRST_MS: u64 = 250;
/// Longest delay: far below the 15 s after which clients give up on an answer.
const LONGEST_MS: u64 = 2_000;
/// A row that was not rejected for this long starts over.
const FORGET_MS: u64 = 10_000;
/// Most rows remembered per connection.
const MAX_ROWS: usize = 1_024;

/// Slows down writers that repeat a rejected write every 150 ms until it is accepted, as 0.9.0 clients do.
///
/// The first rejection of a row is answered at once; each repetition later than the one before.
#[derive(Debug, Default)]
pub struct Pacing {
    rows: HashMap<String, (u64, u64)>,
}

impl Pacing {
    /// How long to hold the rejection of a write to `row` back.
    pub fn rejected(&mut self, row: &str, now: u64) -> u64 {
        if self.rows.len() >= MAX_ROWS {
            self.rows.retain(|_, (_, at)| now.saturating_sub(*at) < FORGET_MS);
        }
        if self.rows.len() >= MAX_ROWS && !self.rows.contains_key(row) {
            return LONGEST_MS;
        }
        let (delay, at) = self.rows.get(row).copied().unwrap_or((0, 0));
        let repeated = delay > 0 && now.saturating_sub(at) < FORGET_MS;
        let (wait, next) = if repeated { (delay, (delay * 2).min(LONGEST_MS)) } else { (0, FIRST_MS) };
        self.rows.insert(row.to_owned(), (next, now + wait));
        wait
    }

    /// A write to `row` was accepted.
    pub fn accepted(&mut self, row: &str) {
        self.rows.remove(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_wait_longer_and_longer_but_never_long() {
        let mut pacing = Pacing::default();
        let mut now = 0;
        let mut waits = Vec::new();
        for _ in 0..7 {
            let wait = pacing.rejected("tasks/a", now);
            waits.push(wait);
            now += wait + 150;
        }
        assert_eq!(waits, [0, 250, 500, 1_000, 2_000, 2_000, 2_000]);
        assert_eq!(pacing.rejected("tasks/b", now), 0, "rows do not share");
    }

    #[test]
    fn success_and_silence_start_over() {
        let mut pacing = Pacing::default();
        assert_eq!(pacing.rejected("a", 0), 0);
        pacing.accepted("a");
        assert_eq!(pacing.rejected("a", 150), 0);
        assert_eq!(pacing.rejected("a", 150 + FORGET_MS), 0);
    }

    #[test]
    fn memory_is_bounded() {
        let mut pacing = Pacing::default();
        for row in 0..5_000 {
            pacing.rejected(&row.to_string(), 0);
        }
        assert!(pacing.rows.len() <= MAX_ROWS);
        assert_eq!(pacing.rejected("new", 0), LONGEST_MS);
    }
}
