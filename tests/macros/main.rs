//! The derives as their users meet them.
#![allow(clippy::unwrap_used, missing_docs)]

#[cfg(feature = "embedded")]
mod effects;
mod example;
mod field_types;
mod hygiene;
mod options;
mod random_values;
#[cfg(feature = "runtime")]
mod runtime;
#[cfg(feature = "runtime")]
mod rust_analyzer;
mod vectors;
