use ablo::prelude::*;

#[derive(AbloModel)]
pub struct Task {
    pub id: Id<Task>,
}

fn main() {}
