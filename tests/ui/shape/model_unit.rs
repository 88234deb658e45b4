use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task;

fn main() {}
