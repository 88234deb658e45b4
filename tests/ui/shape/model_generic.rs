use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task<T> {
    pub id: Id<Task<T>>,
    pub value: T,
}

fn main() {}
