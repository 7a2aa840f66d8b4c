//! What was answered before, and who is asking right now: one call per key, one record for many requests.
//!
//! Owns keys, freshness at a told time, the memory tier, and flights: while somebody fetches a key, others wait for
//! the same answer. Every outcome has a name. Never knows how a miss is filled.
//! Start reading at [`Cache`], then [`Lane::claim`], then [`Ticket`].

mod entry;
mod flight;
mod jitter;
mod key;
mod lane;
mod memory;
mod outcome;
mod seek;
mod settings;
mod shared;
mod store;
mod target;
mod ticket;
mod validity;

pub use flight::Flight;
pub use lane::{Claimed, Lane, LaneSpec};
pub use outcome::{Bypass, Outcome, Tally};
pub use settings::Settings;
pub use shared::{Clue, Mode, Shared, SharedTally, SharedTls};
pub use store::Cache;
pub use target::{Forgotten, Target};
pub use ticket::Ticket;
pub use validity::{Mark, Moment};

#[cfg(test)]
mod tests;
