use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(mutable = true)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}
