//! The typed client as a user meets it, over memory and over SQLite.
#![allow(clippy::unwrap_used, missing_docs)]

mod claims;
mod convergence;
mod history;
mod odd;
mod policy;
mod reads;
mod support;
mod writes;
