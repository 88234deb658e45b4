use ablo::prelude::*;

#[derive(Clone)]
pub enum Status {
    Done,
}

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    pub status: Status,
}

fn main() {}
