//! Tables that exist already: whether a schema's models fit them, and the models that would.

mod check;
mod default;
mod enums;
mod names;
mod pull;

pub use check::{Fit, Misfit, check};
pub use pull::{Pulled, pull};

/// The columns every model has without saying so, and the types they may have.
const BASE: [(&str, &[&str]); 5] = [
    ("created_at", &["timestamp with time zone"]),
    ("updated_at", &["timestamp with time zone"]),
    ("organization_id", TEXTS),
    ("created_by", TEXTS),
    ("archived_at", &["timestamp with time zone"]),
];

/// The types that hold text.
const TEXTS: &[&str] = &["text", "character varying", "character", "uuid", "citext"];

/// A type's name without its length.
fn bare_type(ty: &str) -> &str {
    ty.split('(').next().unwrap_or(ty).trim()
}
