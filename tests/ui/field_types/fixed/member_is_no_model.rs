use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
}

#[derive(AbloSchema)]
pub struct App {
    pub tasks: Task,
}
