use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(mutable, table = "todo", load = lazy)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(indexed)]
    pub title: String,
    pub line2: String,
}
