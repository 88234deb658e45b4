use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(load = lazy)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}
