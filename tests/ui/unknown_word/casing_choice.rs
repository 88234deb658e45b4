use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

#[derive(AbloSchema)]
#[ablo(casing = snakecase)]
pub struct App {
    pub tasks: Task,
}

fn main() {}
