//! Sections 1 to 4.3, 8.6 and 9, and what of 10 and 11 shows over HTTP.

mod api;
mod auth;
mod bootstrap;
mod capabilities;
mod claims;
mod elsewhere;
mod errors;
mod models;
mod origins;
mod query;

use api::Api;
