//! One upstream each: HTTP and its care. Every key that is asked comes back found, absent or failed, once.
//!
//! Owns the queue before each source, the calls, paging, credentials, and the judgement of answers; `mapping` reads
//! them. Never knows GraphQL operations, plans, caches. Start reading at [`Sources::submit`], then `call.rs`.

mod addresses;
mod all;
mod answer;
mod args;
mod auth;
mod call;
mod care;
mod client;
mod copied;
mod count;
mod credential;
mod crowd;
mod exchange;
mod fault;
mod further;
mod grant;
mod heard;
mod home;
mod judge;
mod lacking;
mod link_header;
mod login;
mod long;
mod manner;
mod measure;
mod meter;
mod observe;
mod order;
mod pace;
mod pages;
mod pair;
mod parcel;
mod queue;
mod rehearsal;
mod renewal;
mod scan;
mod settings;
mod single;
mod slots;
mod state;
mod terms;
mod tls;
mod token;
mod upstream;
mod whole;

pub use addresses::PrivateAddresses;
pub use all::{Environment, Sources};
pub use args::Args;
pub use auth::{Auth, Basic, Bearer, ClientAuth, ClientCredentials, Header, Login, LoginMethod, Query};
pub use care::settings::{Adapt, Breaker, Pause, Quota, Retry};
pub use count::Tally;
pub use observe::{CallSeen, Observer};
pub use order::{Order, ScopeTag, Waiting, Wanted};
pub use rehearsal::{Heard, Rehearsal, Staged, Verdict};
pub use renewal::Known;
pub use settings::{ConfigTable, Settings};
pub use state::{BreakerState, QuotaLeft, SourceState};
pub use tls::Tls;
pub use upstream::SetupProblem;

#[cfg(test)]
mod tests;
