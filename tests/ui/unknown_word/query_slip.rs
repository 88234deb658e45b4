use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
    pub done: bool,
}

#[derive(AbloQuery)]
#[ablo(modell = Task)]
pub struct Done {
    pub done: bool,
}

fn main() {}
