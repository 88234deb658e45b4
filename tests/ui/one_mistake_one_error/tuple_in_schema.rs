use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task(pub String);

#[derive(AbloSchema)]
pub struct App {
    pub tasks: Task,
}

fn main() {}
