//! From one schema to the next: what changed, what is at stake, and the statements that bring a database along.
//!
//! [`diff`] gives typed steps with their warnings and blockers; [`migrate()`] gives the way up and the way down as
//! [`crate::sql::Plan`]s. Models and fields are known by name; only a hint, or `renamed_from` in the schema, makes a
//! rename out of a drop and an add.

mod classify;
mod diff;
mod hints;
mod json;
mod lower;
mod pairing;
mod postgres;
mod renames;
mod retype;
mod sqlite;
mod step;

pub use diff::{Diff, diff};
pub use hints::{Backfill, FieldRename, Hints, ModelRename};
pub use lower::{Migration, migrate};
pub use step::{Cast, Changes, Finding, FindingCode, From, Step, TypeChange};
