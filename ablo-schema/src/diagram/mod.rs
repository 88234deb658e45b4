//! Pictures of a schema: models with their fields, keys, relations, parent edges, scope roots and planes; and of what
//! changes between two schemas.
//!
//! [`Diagram::of`] or [`Diagram::of_change`] gives the facts; [`Diagram::to_mermaid`], [`Diagram::to_dot`] and
//! [`Diagram::to_svg`] draw them. The SVG needs no other tool.

mod change;
mod dot;
mod graph;
mod layout;
mod mermaid;
mod svg;

pub use change::Change;
pub use graph::{Diagram, Edge, Line, ModelBox};
