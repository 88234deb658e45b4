use ablo::prelude::*;

#[derive(AbloEnum)]
#[ablo(tag = "kind")]
pub enum Status { InProgress }

fn main() {}
