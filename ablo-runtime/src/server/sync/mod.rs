//! The sync plane's rules, as state machines with the time passed in.

mod bootstraps;
mod grants;
pub mod outbound;
mod pacing;
mod place;

pub use bootstraps::Bootstraps;
pub use grants::{GRANT_WAIT_MS, Grants};
pub use pacing::Pacing;
pub use place::Place;
