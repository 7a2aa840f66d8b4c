//! Tests through the doors: real HTTP on ports that the system picked, nothing beyond loopback.
#![expect(clippy::unwrap_used, reason = "tests may")]

mod binary;
mod broken;
mod conformance;
mod contract;
mod demo;
mod deployment;
mod differential;
mod editors;
mod faults;
mod fleet;
mod held;
mod hooks;
mod house;
mod http;
mod introspection;
mod language;
mod links;
mod presets;
mod readme;
mod reference;
mod schema;
mod sight;
mod staying;
mod stories;
mod story;
mod suites;
mod tools;
mod town;
