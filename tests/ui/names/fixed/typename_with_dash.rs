use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(typename = "ToDo")]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}
