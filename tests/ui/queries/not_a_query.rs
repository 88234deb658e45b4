use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

#[derive(AbloQuery)]
#[ablo(model = Task)]
pub struct All;

#[derive(AbloSchema)]
#[ablo(queries(Task))]
pub struct App {
    pub tasks: Task,
}

fn main() {}
