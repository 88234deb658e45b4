use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(scope = "task")]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}
