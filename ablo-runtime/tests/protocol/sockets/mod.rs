//! Sections 4.4 to 6 and what of 7, 10 and 11 shows on a socket.

mod claims;
mod client;
mod closes;
mod commits;
mod deltas;
mod frames;
mod grants;
mod groups;
mod life;
mod pacing;
mod presence;
mod scopes;
mod start;
mod window;

use client::{Client, create, remove, update};
