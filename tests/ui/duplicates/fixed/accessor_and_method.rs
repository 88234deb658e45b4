use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(accessor = by_title)]
    pub title: String,
}

impl Task {
    pub fn title(&self) -> &str {
        &self.title
    }
}
