use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
    pub due: Option<String>,
}

pub fn use_it() -> ablo::typed::Filter<Task> {
    Task::title().eq(5)
}

fn main() {}
