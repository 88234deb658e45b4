use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(auto_increment = false)]
    pub title: String,
}

fn main() {}
