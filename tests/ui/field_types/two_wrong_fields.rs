// 2 mistakes.
use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    pub length: std::time::Duration,
    pub count: usize,
}

fn main() {}
