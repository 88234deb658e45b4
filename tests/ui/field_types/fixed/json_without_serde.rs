use ablo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Point {
    pub x: f64,
}

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(json)]
    pub point: Point,
}
