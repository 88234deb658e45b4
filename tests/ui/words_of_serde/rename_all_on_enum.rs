use ablo::prelude::*;

#[derive(AbloEnum)]
#[ablo(rename_all = "kebab-case")]
pub enum Status { InProgress }

fn main() {}
