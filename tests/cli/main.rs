//! Drives the built `ablo` binary: outputs, exit codes, broken inputs, pipes.
#![allow(clippy::unwrap_used, missing_docs)]

mod backup;
mod config;
mod db;
mod diff;
mod evolve;
mod generate;
mod harness;
mod logs;
mod machine;
mod migrate;
#[cfg(feature = "otel")]
mod otel;
mod postgres;
mod pulled;
mod schema;
mod serve;
mod stop;
mod tool;
mod upgrade;
