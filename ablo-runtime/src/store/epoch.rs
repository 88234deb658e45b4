use std::fmt;
use std::str::FromStr;

use ablo_schema::error::{AbloError, Code};

/// A name, drawn at random, for one history of a store. A position in a log means something only together with the
/// epoch it was given in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Epoch(u64);

impl Epoch {
    /// Draws a new one.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn draw() -> Result<Self, AbloError> {
        getrandom::u64().map(Self).map_err(|_| Code::InternalError.into())
    }
}

/// Sixteen hexadecimal digits.
impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The reverse.
impl FromStr for Epoch {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let epoch = u64::from_str_radix(text, 16).map(Self).map_err(|_| ())?;
        if epoch.to_string() == text { Ok(epoch) } else { Err(()) }
    }
}
