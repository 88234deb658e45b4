use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(mutable)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

#[derive(AbloModel, Clone)]
pub struct Note {
    pub id: Id<Note>,
    #[ablo(belongs_to)]
    pub task_id: Id<Task>,
}

#[derive(AbloSchema)]
pub struct App {
    pub tasks: Task,
    pub notes: Note,
}

pub fn use_it() {
    let _ = Task::patch().title("x");
    let _ = Task::title().eq("x");
    let _ = App::def();
}
