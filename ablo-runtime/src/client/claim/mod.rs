//! Claims: leases on a row, with a fair line behind them.

mod builder;
mod handle;
mod lease;
mod view;

pub use builder::Claiming;
pub use handle::{Claim, ClaimLoss};
pub use view::Claims;
