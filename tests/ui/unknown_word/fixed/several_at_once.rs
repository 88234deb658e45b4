use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(mutable, table = "tasks")]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(indexed)]
    pub title: String,
    #[ablo(unique)]
    pub slug: String,
}
