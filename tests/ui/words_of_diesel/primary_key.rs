use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(primary_key(id))]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
