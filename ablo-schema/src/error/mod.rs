//! Every failure has a stable code; this module holds the registry and the error value.
//!
//! [`Code`] is the registry: one table gives each code its category, HTTP status, whether a retry helps, and a
//! message. [`AbloError`] is what functions return.

mod code;
mod explain;
mod registry;
mod value;

pub use code::{Category, Code, ErrorCode, ErrorType, Recovery, Surface, UnknownCode};
pub use value::{AbloError, ErrorParts, Problem};
