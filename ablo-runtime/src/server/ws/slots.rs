use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use ablo_schema::wire::OrganizationId;

use crate::lock::lock;

/// Whose sockets are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A credential's, by its id.
    Credential(String),
    /// Everybody's in a space.
    Space(OrganizationId),
}

/// How many sockets each owner has, those still shaking hands included: many may do so at the same time.
#[derive(Clone, Debug, Default)]
pub struct Slots(Arc<Mutex<HashMap<Owner, usize>>>);

/// The place of one socket, given back when dropped.
#[derive(Debug)]
pub struct Slot {
    slots: Slots,
    owners: [Owner; 2],
}

impl Slots {
    /// A place for one more socket of both owners, who may have so many.
    ///
    /// # Errors
    /// Who has as many as allowed.
    pub fn take(&self, owners: [(Owner, usize); 2]) -> Result<Slot, Owner> {
        let mut taken = lock(&self.0);
        let is_full = |(owner, most): &&(Owner, usize)| taken.get(owner).copied().unwrap_or_default() >= *most;
        if let Some((full, _)) = owners.iter().find(is_full) {
            return Err(full.clone());
        }
        let owners = owners.map(|(owner, _)| owner);
        for owner in &owners {
            *taken.entry(owner.clone()).or_default() += 1;
        }
        Ok(Slot { slots: self.clone(), owners })
    }

    /// How many sockets somebody has.
    pub fn taken(&self, owner: &Owner) -> usize {
        lock(&self.0).get(owner).copied().unwrap_or_default()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = lock(&self.slots.0);
        for owner in &self.owners {
            if let Some(count) = taken.get_mut(owner) {
                *count -= 1;
                if *count == 0 {
                    taken.remove(owner);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Owner, Slot, Slots};

    fn take(slots: &Slots, credential: &str, space: &str) -> Result<Slot, Owner> {
        slots.take([(Owner::Credential(credential.to_owned()), 2), (Owner::Space(space.into()), 3)])
    }

    #[test]
    fn everyone_has_so_many_places_and_gets_them_back() {
        let slots = Slots::default();
        let (first, second) = (take(&slots, "a", "org"), take(&slots, "a", "org"));
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(take(&slots, "a", "org").err(), Some(Owner::Credential("a".to_owned())));
        let third = take(&slots, "b", "org");
        assert!(third.is_ok(), "another key has its own");
        assert_eq!(take(&slots, "c", "org").err(), Some(Owner::Space("org".into())));
        assert_eq!(slots.taken(&Owner::Credential("c".to_owned())), 0, "who is refused has nothing");
        assert!(take(&slots, "c", "org:test").is_ok(), "another space has its own");
        drop(first);
        assert!(take(&slots, "c", "org").is_ok());
        drop((second, third));
        assert!(slots.0.lock().is_ok_and(|taken| taken.is_empty()), "nothing is kept of who left");
    }
}
