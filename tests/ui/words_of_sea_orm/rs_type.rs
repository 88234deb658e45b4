use ablo::prelude::*;

#[derive(AbloEnum)]
#[ablo(rs_type = "String")]
pub enum Status { InProgress }

fn main() {}
