use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task(pub String);

fn main() {}
