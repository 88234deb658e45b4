use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(default = "three")]
    pub count: i32,
}

fn main() {}
