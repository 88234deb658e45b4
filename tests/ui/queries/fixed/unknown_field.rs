use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
    pub done: bool,
}

#[derive(AbloQuery)]
#[ablo(model = Task)]
pub struct Done {
    #[ablo(eq = done)]
    pub finished: bool,
}
