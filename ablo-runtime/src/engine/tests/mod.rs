mod json_shape;
mod model;
mod quota;
mod reference;
#[path = "../../../tests/support/mod.rs"]
mod support;
