//! The typed client as a user meets it, over memory and over SQLite.
#![allow(clippy::unwrap_used, missing_docs)]

mod claims;
mod convergence;
mod history;
mod policy;
#[path = "../../ablo-runtime/tests/support/raised.rs"]
mod raised;
mod reads;
mod refusals;
mod support;
mod writes;
