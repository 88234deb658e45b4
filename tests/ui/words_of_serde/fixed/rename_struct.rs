use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(typename = "todo")]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}
