use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
}

pub fn use_it() {
    let _ = <Task as Schema>::def();
}

fn main() {}
