use ablo::prelude::*;

#[derive(AbloEnum)]
#[ablo(case = "kebabcase")]
pub enum Status { InProgress }

fn main() {}
