//! What can happen, by name: metrics, spans, and what is noted of one request.
//!
//! Owns the catalogue of metrics, the numbers they are made of, how a page of them is written, traces and their way to a
//! collector. Never knows what anyone does about it, nor who counts: each room puts its own numbers on a [`Page`].
//! Start reading at `catalogue.rs`, then [`Page`]; for traces at [`Watch`].

pub mod catalogue;
mod count;
mod names;
mod otlp;
mod pace;
mod page;
mod process;
mod settings;
mod span;
mod trace;
mod tracer;
mod watch;

pub use count::{Counter, Histogram, Spread};
pub use names::Names;
pub use pace::Pace;
pub use page::{Format, Page};
pub use process::measure as measure_process;
pub use settings::{Log, LogFormat, Otlp, RequestLevel, Settings};
pub use span::{Event, Fact, Field, Side, Span};
pub use trace::Place;
pub use tracer::Tracer;
pub use watch::{Asker, CallSpan, Notes, Watch, field};

#[cfg(test)]
mod tests;
