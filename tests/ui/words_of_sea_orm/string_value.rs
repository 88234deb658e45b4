use ablo::prelude::*;

#[derive(AbloEnum)]
pub enum Status { #[ablo(string_value = "busy")] InProgress }

fn main() {}
