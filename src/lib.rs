//! c360: one GraphQL endpoint over the departmental systems a company already has.
//!
//! The map, in reading order; each room's own page says where to start in it. `ARCHITECTURE.md` draws the floors.
//!
//! The words:
//! - [`mapping`]: the selection language: text → checked program → values.
//! - [`catalog`]: what may be asked: types, keys, connectors and the chains of needs between them.
//! - [`record`]: what was answered: records, keys, failures; bytes ready to be written.
//! - [`units`]: amounts of time and bytes as people write them.
//! - [`telemetry`]: what can happen, by name: metrics, spans, notes of one request.
//!
//! The question:
//! - [`sdl`]: schema text → catalog and contract; every problem at once.
//! - [`operation`]: client text → a validated, flattened operation; introspection.
//! - [`plan`]: an operation compiled: steps to fetch and a shape to write.
//!
//! The answer:
//! - [`sources`]: one upstream each: HTTP and its care.
//! - [`cache`]: what was answered before, and who is asking right now.
//! - [`hooks`]: what vendors tell by webhook: who speaks, and of which keys.
//! - [`listing`]: one list cut into pages.
//! - [`watch`]: what files hold now, and whether it is what they held before.
//! - [`fetch`]: walks a plan: gathers keys, claims misses, calls each source once per batch.
//! - [`response`]: shape + records → JSON: order, nulls, errors, coverage.
//!
//! The house:
//! - [`gateway`]: the whole story of a request in one short function.
//! - [`suite`]: tests of connectors, run without a network.
//! - [`config`]: `gateway.toml` and the environment → everyone's settings.
//! - [`startup`]: the one assembler: reads, checks, builds, wires.
//! - [`http`]: GraphQL over HTTP and WebSocket, health, shutdown.
//! - [`cli`]: one file per command.
//! - [`presets`]: ready-made connections, and how several become one folder.
//! - [`demo`]: look-alike departments over one seeded cast of people.

pub mod cache;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod demo;
pub mod fetch;
pub mod gateway;
pub mod hooks;
pub mod http;
pub mod listing;
pub mod mapping;
pub mod operation;
pub mod plan;
pub mod presets;
pub mod record;
pub mod response;
pub mod sdl;
pub mod sources;
pub mod startup;
pub mod suite;
pub mod telemetry;
pub mod units;
pub mod watch;
