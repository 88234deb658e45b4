//! Typed shared state for people, servers and AI agents.
//!
//! Declare models as structs with [`AbloModel`], collect them with [`AbloSchema`], and open them with `Ablo`: verbs,
//! claims and live reads come typed. Start with the README's example; `docs/architecture.md` is the map.
//!
//! | Feature | Brings |
//! |---|---|
//! | `schema` | models, artifacts, SQL, OpenAPI, TypeScript, diagrams; no async runtime |
//! | `runtime` | the engine, claims and the typed client, in memory |
//! | `embedded` (default) | the SQLite store |
//! | `server` | the HTTP and WebSocket server |
//! | `otel` | sends the server's spans to an OpenTelemetry collector |
//! | `migrate` | migrations on PostgreSQL |
//! | `cli` | the command line, as `ablo` and as a library |
//! | `chrono`, `time`, `decimal` | these crates' types as fields |

pub mod build;
#[cfg(feature = "cli")]
pub mod cli;
pub mod migrations;

/// Makes a struct a [`Model`]: its values are rows of shared state.
///
/// The struct has named fields, one of them `id: Id<Self>`, and derives `Clone`. Its doc comments travel into SQL,
/// OpenAPI, TypeScript and diagrams.
///
/// # What it writes
/// The impl of [`Model`]; a patch `<Name>Patch` with one function per field, begun by `Name::patch()`; one function per
/// field, such as `Task::title()`, that names the field in filters and orders. `docs/expansions.md` in the repository
/// shows the code in full.
///
/// A struct has each name once: when a function of yours is called like a field, write `#[ablo(accessor = by_title)]`
/// above the field, or call yours something else, as always when it is called `patch`. The compiler reports such a clash
/// as E0592, at the field or the struct.
///
/// ```
/// use ablo::prelude::*;
///
/// /// Something to do.
/// #[derive(AbloModel, Clone, Debug, PartialEq)]
/// #[ablo(mutable, scope)]
/// pub struct Task {
///     pub id: Id<Task>,
///     pub title: String,
///     pub done: bool,
///     #[ablo(belongs_to, parent, fk)]
///     pub project_id: Option<Id<Project>>,
/// }
///
/// #[derive(AbloModel, Clone, Debug, PartialEq)]
/// #[ablo(has_many(tasks: Task by project_id, order_by = title))]
/// pub struct Project {
///     pub id: Id<Project>,
///     #[ablo(default = "untitled")]
///     pub name: String,
/// }
///
/// let changes = Task::patch().done(true).project_id(None);
/// let open = Task::done().eq(false).and(Task::title().like("%milk%"));
/// assert_eq!(open.conditions()[0].field, "done");
/// # let _ = changes;
/// ```
///
/// # Types of fields
/// Text, `bool`, integers up to 64 bits, floats, [`time::Timestamp`], [`time::civil::Date`], [`uuid::Uuid`], [`Id`], enums
/// with [`AbloEnum`](macro@AbloEnum), `serde_json::Value`, lists and maps of serde types, and `Option` of all these. Any
/// other serde type with `#[ablo(json)]`; when it knows its JSON Schema (`schemars`), the schema is published. `chrono`,
/// `time` and `rust_decimal` types with the features `chrono`, `time` and `decimal`. Types of your own with [`AbloField`].
///
/// # Words
#[doc = include_str!("../docs/attributes/model.md")]
pub use ablo_macros::AbloModel;

/// Makes an enum of plain variants the type of a field, stored as text.
///
/// # What it writes
/// The impls of [`AbloEnum`](trait@AbloEnum) and [`AbloField`].
///
/// ```
/// use ablo::prelude::*;
///
/// #[derive(AbloEnum, Clone, Copy, Debug, PartialEq)]
/// pub enum Status {
///     Open,
///     InProgress,
///     #[ablo(name = "finished")]
///     Done,
/// }
///
/// assert_eq!(Status::VALUES, ["open", "in_progress", "finished"]);
/// assert_eq!(Status::from_wire("finished"), Some(Status::Done));
/// ```
///
/// # Words
#[doc = include_str!("../docs/attributes/enum.md")]
pub use ablo_macros::AbloEnum;

/// Makes a struct a named [`Query`]: its fields are the inputs.
///
/// An input of type `Option` leaves its condition out when it is `None`. The query is listed in the extended artifact of
/// every schema that names it in `queries(...)`.
///
/// ```
/// use ablo::prelude::*;
///
/// #[derive(AbloModel, Clone)]
/// pub struct Task {
///     pub id: Id<Task>,
///     pub title: String,
///     pub done: bool,
/// }
///
/// /// Open tasks whose title matches.
/// #[derive(AbloQuery)]
/// #[ablo(model = Task, filter(done = false))]
/// pub struct OpenTasks {
///     #[ablo(like)]
///     pub title: Option<String>,
/// }
///
/// // A client takes it wherever it takes a filter: `ablo.tasks.list().filter(OpenTasks { title: None }).await`.
/// assert_eq!(OpenTasks { title: None }.filter().conditions().len(), 1);
/// ```
///
/// # Words
#[doc = include_str!("../docs/attributes/query.md")]
pub use ablo_macros::AbloQuery;

/// Makes a struct a [`Schema`]: models that live together, one member each.
///
/// The struct is a declaration and never made. Whatever needs two models to judge is judged here, while compiling: that
/// relations lead to members, that no two members share a table or a typename, that no row lives in itself.
///
/// # What it writes
/// The impl of [`Schema`] and a struct `<Name>Models` with the same members, in which a client puts its proxies.
///
/// ```
/// use ablo::prelude::*;
///
/// #[derive(AbloModel, Clone)]
/// pub struct Task {
///     pub id: Id<Task>,
///     pub title: String,
/// }
///
/// #[derive(AbloSchema)]
/// #[ablo(identity(org = organization_id, team = team_ids[]))]
/// pub struct App {
///     pub tasks: Task,
/// }
///
/// assert!(App::def().to_artifact().starts_with(r#"{"v":3,"models":{"tasks":"#));
/// ```
///
/// # Words
#[doc = include_str!("../docs/attributes/schema.md")]
pub use ablo_macros::AbloSchema;
#[cfg(feature = "runtime")]
pub use ablo_runtime::*;
pub use ablo_schema::typed::{AbloEnum, AbloField, Id, Model, Query, Row, Schema};
pub use ablo_schema::*;

/// Everything a file that declares or uses models needs.
pub mod prelude {
    pub use ablo_macros::{AbloEnum, AbloModel, AbloQuery, AbloSchema};
    #[cfg(feature = "runtime")]
    pub use ablo_runtime::client::{Ablo, Claim, ClaimLoss, IfClaimed, ModelProxy, Scope, Wait};
    pub use ablo_schema::error::{AbloError, Code};
    pub use ablo_schema::typed::{AbloEnum, Id, Model, Query, Row, Schema};
    pub use ablo_schema::wire::{OnStale, SyncId};
}

/// What derived code refers to. Not for use by hand: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use ablo_schema::{
        ir::{AutoFillSource, Casing, FieldType, LoadStrategy, Plane, RelationKind, RelationOptions},
        typed::{derived::*, *},
    };
    // Short, so that a generated line is one.
    pub use ablo_schema::typed::{AbloField as Field, IntoField as To};
    pub use std::{
        assert,
        clone::Clone,
        convert::From,
        default::Default,
        fmt::Debug,
        marker::PhantomData,
        option::Option::{self, None, Some},
        panic,
        primitive::{str, usize},
        result::Result::{self, Ok},
        unreachable,
    };
}

/// The README's Rust is compiled and run with the other examples of these docs.
#[cfg(all(doctest, feature = "embedded"))]
#[doc = include_str!("../README.md")]
struct Readme;
