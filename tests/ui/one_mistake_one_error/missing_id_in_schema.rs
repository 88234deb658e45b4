use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub title: String,
}

#[derive(AbloSchema)]
pub struct App {
    pub tasks: Task,
}

fn main() {}
