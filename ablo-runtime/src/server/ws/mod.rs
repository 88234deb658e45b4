//! The socket side of the sync plane.

mod behind;
mod claims;
mod closing;
mod commits;
mod connection;
mod project;
#[cfg(test)]
mod simulation;
mod slots;
mod sync;
mod upgrade;
mod writing;

pub use slots::{Owner, Slots};
pub use upgrade::upgrade;
