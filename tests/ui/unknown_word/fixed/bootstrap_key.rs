use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(bootstrap(limit = 100))]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}
