use std::fmt;
use std::str::FromStr;

use crate::store::Epoch;

/// A place in a log, as clients keep it: a cursor, which says nothing to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// What the position is of.
    pub epoch: Epoch,
    /// The last delta before it.
    pub id: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.id)
    }
}

/// The reverse.
impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (epoch, id) = text.split_once('-').ok_or(())?;
        Ok(Self { epoch: epoch.parse()?, id: id.parse().map_err(|_| ())? })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_as_it_was() {
        let place = Place { epoch: Epoch::draw().unwrap(), id: u64::MAX };
        assert_eq!(place.to_string().parse(), Ok(place));
        for other in
            ["", "7", "-", "0123456789abcdef", "0123456789abcdef-", "0123456789ABCDEF-1", "1-1", "+123456789abcde-1"]
        {
            assert_eq!(other.parse::<Place>(), Err(()), "{other}");
        }
    }
}
