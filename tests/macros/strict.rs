//! Derived code passes the strictest of users. Clippy checks what the compiler does not.
#![deny(
    clippy::all,
    clippy::pedantic,
    missing_debug_implementations,
    missing_docs,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unreachable_pub,
    unused,
    unused_qualifications,
    unused_results,
    warnings
)]

use ablo::prelude::*;

/// How far it is.
#[derive(AbloEnum, Clone, Copy, Debug)]
pub(crate) enum Progress {
    /// Not begun.
    Open,
    /// Under way.
    InProgress,
}

/// A task.
#[derive(AbloModel, Clone, Debug)]
#[ablo(mutable, scope, has_many(steps: Step by task_id, order_by = title))]
pub(crate) struct Task {
    /// The id.
    pub(crate) id: Id<Task>,
    /// Names that clippy has opinions about.
    pub(crate) to_do: String,
    pub(crate) is_done: bool,
    pub(crate) from_whom: Option<String>,
    pub(crate) into_what: Option<String>,
    pub(crate) as_of: ablo::time::Timestamp,
    #[ablo(default = Progress::Open)]
    pub(crate) progress: Progress,
    #[ablo(json)]
    pub(crate) labels: Vec<String>,
}

/// A step.
#[derive(AbloModel, Clone, Debug)]
#[ablo(grants(subject = task, scope = task))]
pub(crate) struct Step {
    pub(crate) id: Id<Step>,
    pub(crate) title: String,
    #[ablo(belongs_to, parent, fk)]
    pub(crate) task_id: Id<Task>,
}

/// The steps of a task.
#[derive(AbloQuery, Debug)]
#[ablo(model = Step)]
pub(crate) struct StepsOf {
    #[ablo(eq = task_id)]
    pub(crate) task: Id<Task>,
}

/// Tasks and steps.
#[derive(AbloSchema, Debug)]
#[ablo(queries(StepsOf))]
pub(crate) struct Work {
    pub(crate) tasks: Task,
    pub(crate) steps: Step,
}

#[test]
fn it_is_usable() {
    let filter = StepsOf { task: "t".into() }.filter();
    assert_eq!(filter.conditions().len(), 1);
    assert_eq!(Work::def().queries.len(), 1);
    assert_eq!(Progress::InProgress.as_str(), "in_progress");
}
