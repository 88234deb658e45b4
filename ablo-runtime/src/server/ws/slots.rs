use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::lock::lock;

/// How many sockets each credential has, those still shaking hands included: many may do so at the same time.
#[derive(Clone, Debug, Default)]
pub struct Slots(Arc<Mutex<HashMap<String, usize>>>);

/// The place of one socket, given back when dropped.
#[derive(Debug)]
pub struct Slot {
    slots: Slots,
    credential: String,
}

impl Slots {
    /// A place for one more socket of this credential; `None` when it has as many as allowed.
    pub fn take(&self, credential: &str, most: usize) -> Option<Slot> {
        let mut taken = lock(&self.0);
        if taken.get(credential).copied().unwrap_or_default() >= most {
            return None;
        }
        *taken.entry(credential.to_owned()).or_default() += 1;
        Some(Slot { slots: self.clone(), credential: credential.to_owned() })
    }

    /// How many sockets a credential has.
    pub fn taken(&self, credential: &str) -> usize {
        lock(&self.0).get(credential).copied().unwrap_or_default()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = lock(&self.slots.0);
        if let Some(count) = taken.get_mut(&self.credential) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.credential);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Slots;

    #[test]
    fn a_credential_has_so_many_places_and_gets_them_back() {
        let slots = Slots::default();
        let first = slots.take("a", 2);
        let second = slots.take("a", 2);
        assert!(first.is_some() && second.is_some() && slots.take("a", 2).is_none());
        assert!(slots.take("b", 2).is_some(), "another one has its own");
        drop(first);
        assert!(slots.take("a", 2).is_some());
        drop(second);
        assert!(slots.0.lock().is_ok_and(|taken| taken.is_empty()), "nothing is kept of who left");
        assert!(slots.take("a", 0).is_none());
    }
}
