mod json_shape;
mod model;
mod quota;
mod reference;
