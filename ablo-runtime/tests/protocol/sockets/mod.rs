//! Sections 4.4 to 6 and what of 7, 10 and 11 shows on a socket.

mod claims;
mod client;
mod commits;
mod deltas;
mod frames;
mod groups;
mod presence;
mod start;

use client::{Client, create, remove, update};
