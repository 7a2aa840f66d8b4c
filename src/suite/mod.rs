//! Tests of connectors, run without a network: what is sent, what comes of an answer, what was never tried.
//!
//! Owns the public `*.connector.yaml` format, the conformance files of the mapping language, comparison with places
//! in the file, coverage of selections, and reports. Requests, judgement and mapping are the engine's own.
//! Never knows: plans, caches, addresses, who runs it.
//! Start reading at [`run()`], then `case.rs`.

mod case;
mod compare;
mod conformance;
mod coverage;
mod expect;
mod fault;
mod files;
mod junit;
mod report;
mod request;
mod run;
mod schema;
mod sides;
#[cfg(test)]
mod tests;
mod told;
mod unfit;
mod written;
mod yaml;

pub use coverage::{Covered, Untouched};
pub use fault::Fault;
pub use files::stamp;
pub use junit::junit;
pub use report::{human, json};
pub use run::{Ask, CaseReport, CaseResult, Report, SuiteReport, run};
pub use told::Difference;
pub use yaml::At;
