//! Derived code in the library of the strictest of users. Built as a library and not as a test, because the compiler asks
//! for docs in no test; clippy checks it with the other targets.
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
pub enum Progress {
    /// Not begun.
    Open,
    /// Under way.
    InProgress,
}

/// A task.
#[derive(AbloModel, Clone, Debug)]
#[ablo(mutable, scope, has_many(steps: Step by task_id, order_by = title))]
pub struct Task {
    /// The id.
    pub id: Id<Task>,
    /// Names that clippy has opinions about.
    pub to_do: String,
    /// Its is done.
    pub is_done: bool,
    /// Its from whom.
    pub from_whom: Option<String>,
    /// Its into what.
    pub into_what: Option<String>,
    /// Its as of.
    pub as_of: ablo::time::Timestamp,
    /// Its progress.
    #[ablo(default = Progress::Open)]
    pub progress: Progress,
    /// Its labels.
    #[ablo(json)]
    pub labels: Vec<String>,
}

/// A step.
#[derive(AbloModel, Clone, Debug)]
#[ablo(grants(subject = task, scope = task))]
pub struct Step {
    /// Its id.
    pub id: Id<Step>,
    /// Its title.
    pub title: String,
    /// Its task id.
    #[ablo(belongs_to, parent, fk)]
    pub task_id: Id<Task>,
}

/// The steps of a task.
#[derive(AbloQuery, Debug)]
#[ablo(model = Step)]
pub struct StepsOf {
    /// Its task.
    #[ablo(eq = task_id)]
    pub task: Id<Task>,
}

/// Tasks and steps.
#[derive(AbloSchema, Debug)]
#[ablo(queries(StepsOf))]
pub struct Work {
    /// Its tasks.
    pub tasks: Task,
    /// Its steps.
    pub steps: Step,
}
