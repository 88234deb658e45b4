use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    pub line_2: String,
}

fn main() {}
