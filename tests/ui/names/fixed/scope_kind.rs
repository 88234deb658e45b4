use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(scope = "task_scope")]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}
