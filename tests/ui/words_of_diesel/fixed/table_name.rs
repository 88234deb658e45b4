use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(table = "todo")]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}
