use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

impl Task {
    pub fn patch(&mut self) {
        self.title.clear();
    }
}

fn main() {}
