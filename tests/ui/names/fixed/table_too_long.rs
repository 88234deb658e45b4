use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(table = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}
