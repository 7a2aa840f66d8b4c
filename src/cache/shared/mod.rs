//! The shared tier: one Redis, or what speaks like it, behind the memory of every gateway.
//!
//! Owns names and bytes there, what is asked and written, the news of what was forgotten, whose a notice is,
//! and when it is left alone.
//! Losing it costs latency only: a look has a budget, writes wait in a bounded queue, and nothing here fails a request.
//! Only `remote.rs` knows the client. Start reading at [`Tier`].

mod clues;
mod eraser;
mod keeper;
mod news;
mod notices;
mod remote;
mod seal;
mod settings;
mod tally;
mod terms;
mod tier;
mod writer;

pub use clues::Clue;
pub(super) use news::{Heard, Tidings};
pub(super) use seal::Stamp;
pub use settings::{Mode, Shared, SharedTls};
pub use tally::SharedTally;
pub(super) use tier::{Kept, Spot, Tier};
