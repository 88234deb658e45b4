use std::collections::HashMap;

/// Most names whose buckets are kept.
const MAX_BUCKETS: usize = 20_000;

/// Token buckets by name: so many requests a second on average, and two seconds' worth at once. The time is passed in,
/// in milliseconds.
#[derive(Debug, Default)]
pub struct Buckets(HashMap<String, Bucket>);

/// Tokens are thousandths, so that a millisecond of one request per second is one.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: u64,
    at: u64,
}

/// The tokens of one request.
const REQUEST: u64 = 1_000;

impl Buckets {
    /// Takes a request's token from the bucket of this name. Zero requests per second set no limit.
    ///
    /// # Errors
    /// In how many milliseconds there will be one.
    pub fn take(&mut self, name: &str, per_second: u32, now: u64) -> Result<(), u64> {
        let rate = u64::from(per_second);
        if rate == 0 {
            return Ok(());
        }
        let full = rate * 2 * REQUEST;
        if self.0.len() >= MAX_BUCKETS && !self.0.contains_key(name) {
            // A bucket that has had time to fill up is as good as none.
            self.0.retain(|_, bucket| now.saturating_sub(bucket.at) < 2_000);
        }
        if self.0.len() >= MAX_BUCKETS && !self.0.contains_key(name) {
            return Err(1_000);
        }
        let bucket = self.0.entry(name.to_owned()).or_insert(Bucket { tokens: full, at: now });
        let earned = now.saturating_sub(bucket.at).saturating_mul(rate);
        *bucket = Bucket { tokens: bucket.tokens.saturating_add(earned).min(full), at: now.max(bucket.at) };
        match bucket.tokens.checked_sub(REQUEST) {
            Some(rest) => {
                bucket.tokens = rest;
                Ok(())
            }
            None => Err((REQUEST - bucket.tokens).div_ceil(rate)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_seconds_at_once_and_then_the_rate() {
        let mut buckets = Buckets::default();
        let taken = |buckets: &mut Buckets, now| (0..100).filter(|_| buckets.take("a", 10, now).is_ok()).count();
        assert_eq!(taken(&mut buckets, 0), 20);
        assert_eq!(buckets.take("a", 10, 0), Err(100));
        assert_eq!(buckets.take("a", 10, 99), Err(1));
        assert_eq!(taken(&mut buckets, 100), 1);
        assert_eq!(taken(&mut buckets, 1_100), 10);
        assert_eq!(taken(&mut buckets, 1_000_000), 20, "never more than two seconds' worth");
        assert_eq!(taken(&mut buckets, 5), 0, "a clock that goes back gives nothing");
        assert!(buckets.take("b", 10, 0).is_ok(), "names do not share");
    }

    #[test]
    fn zero_sets_no_limit() {
        let mut buckets = Buckets::default();
        assert!((0..10_000).all(|_| buckets.take("a", 0, 0).is_ok()) && buckets.0.is_empty());
    }

    #[test]
    fn memory_is_bounded() {
        let mut buckets = Buckets::default();
        let admitted = (0..2 * MAX_BUCKETS).filter(|at| buckets.take(&at.to_string(), 1, 0).is_ok()).count();
        assert_eq!((admitted, buckets.0.len()), (MAX_BUCKETS, MAX_BUCKETS));
        assert!(buckets.take("later", 1, 2_000).is_ok());
        assert_eq!(buckets.0.len(), 1);
    }
}
