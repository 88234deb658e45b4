use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(rename = "todo")]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
