use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(bootstrap(limit = 1))]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}
