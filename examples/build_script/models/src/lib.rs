//! The models, alone, so that a build script can use them too.

use ablo::prelude::*;

/// How far a task is.
#[derive(AbloEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Open,
    Done,
}

/// Something to do.
#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable, scope)]
pub struct Task {
    pub id: Id<Task>,
    /// What, in a few words.
    pub title: String,
    pub status: Status,
}

#[derive(AbloSchema)]
pub struct Tasks {
    pub tasks: Task,
}
