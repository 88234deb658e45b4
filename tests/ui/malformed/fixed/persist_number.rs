use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(persist = "task_store")]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}
