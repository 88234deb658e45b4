use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(persist = 5)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
