use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    pub done: bool,
}

#[derive(AbloQuery)]
#[ablo(model = Task, filter(done = false))]
pub struct Open {
    pub id: Id<Task>,
}
