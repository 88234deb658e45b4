use ablo::prelude::*;

#[derive(Clone)]
pub struct Task;

#[derive(AbloSchema)]
pub struct App {
    pub tasks: Task,
}

fn main() {}
