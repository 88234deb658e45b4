use ablo::prelude::*;

#[derive(AbloEnum)]
#[ablo(cas = "kebab-case")]
pub enum Status { InProgress }

fn main() {}
