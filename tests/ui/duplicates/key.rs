use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

#[derive(AbloModel, Clone)]
pub struct Note {
    pub id: Id<Note>,
    pub title: String,
}

#[derive(AbloSchema)]
pub struct App {
    pub tasks: Task,
    #[ablo(key = "tasks")]
    pub notes: Note,
}

fn main() {}
