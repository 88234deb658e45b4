use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    #[ablo(indexed)]
    pub id: Id<Task>,
}

fn main() {}
