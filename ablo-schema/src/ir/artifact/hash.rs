use std::fmt;

use crate::json::Json;

/// The hash of a schema's artifact; printed as eight lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaHash(pub u32);

impl SchemaHash {
    /// FNV-1a, 32 bit, over the UTF-16 code units of the canonical form.
    pub(super) fn of(artifact: &Json) -> Self {
        Self(
            artifact
                .to_canonical()
                .encode_utf16()
                .fold(0x811c_9dc5, |hash: u32, unit| (hash ^ u32::from(unit)).wrapping_mul(0x0100_0193)),
        )
    }
}

impl fmt::Display for SchemaHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}
