use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(crate = "::ablo")]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}
