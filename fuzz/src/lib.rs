//! What holds for any bytes a stranger may send. Each `check` panics when it does not.
//!
//! The fuzz targets run these with new input; a test of the workspace runs them with what the fuzzer found worth keeping.
#![allow(clippy::unwrap_used, missing_docs)]

pub mod cursors;
pub mod filters;
pub mod frames;
pub mod keys;
pub mod schemas;
mod world;
