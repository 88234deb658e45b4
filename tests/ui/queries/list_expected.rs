use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
    pub done: bool,
}

#[derive(AbloQuery)]
#[ablo(model = Task)]
pub struct Titled {
    #[ablo(is_in)]
    pub title: String,
}

fn main() {}
