use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(typename = "to-do")]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
