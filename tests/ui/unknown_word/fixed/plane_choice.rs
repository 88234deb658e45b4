use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(plane = control)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}
