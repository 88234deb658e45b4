// 2 mistakes.
use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Project {
    pub id: Id<Project>,
    pub name: String,
}

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(from = "project_id", to = "id")]
    pub project_id: Id<Project>,
}

fn main() {}
