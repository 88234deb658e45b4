use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    pub done: bool,
}

#[derive(AbloQuery)]
#[ablo(model = Task)]
pub struct Done {
    pub done: bool,
}

#[derive(AbloQuery)]
#[ablo(model = Task, name = "done")]
pub struct Again {
    pub done: bool,
}

#[derive(AbloSchema)]
#[ablo(queries(Done, Again))]
pub struct App {
    pub tasks: Task,
}

fn main() {}
