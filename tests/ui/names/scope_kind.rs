use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(scope = "Task Scope")]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
