//! The socket side of the sync plane.

mod claims;
mod commits;
mod connection;
mod project;
mod sync;
mod upgrade;

pub use upgrade::upgrade;
