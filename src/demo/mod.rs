//! Look-alike departments: real HTTP servers on loopback over one seeded cast of people, faithful to the vendors in endpoints,
//! envelopes, paging, batch limits, credentials, error bodies and rate limits, with dials for slow, broken and throttled.
//!
//! It knows no other room: what the gateway sees of it travels over the wire. Start reading at [`Town`], then [`cast`].

pub mod cast;
mod department;
mod desk;
mod dial;
mod hubspot;
mod product;
mod salesforce;
mod spoil;
mod stripe;
mod town;
mod zendesk;

pub use department::{Credentials, Department, UnknownDepartment, Which};
pub use dial::{Calls, Fault, Limits};
pub use town::{Dials, Town};
