use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(table = "to_do")]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}
