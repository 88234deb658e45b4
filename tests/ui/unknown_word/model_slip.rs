use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(mutabel)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
