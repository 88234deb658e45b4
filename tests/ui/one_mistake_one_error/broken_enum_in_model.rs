use ablo::prelude::*;

#[derive(AbloEnum, Clone)]
pub enum Status {
    #[ablo(nam = "d")]
    Done,
}

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    pub status: Status,
}

fn main() {}
