use ablo::prelude::*;

#[derive(AbloEnum, Clone)]
pub enum Status {
    Done,
}

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(default = Status::Done)]
    pub status: Status,
}
