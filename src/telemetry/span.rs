//! What a trace is made of, as this gateway knows it: the spans of operations and of calls.

use std::borrow::Cow;
use std::time::SystemTime;

use super::trace::Place;

/// Whose side of an exchange a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Somebody asks the gateway.
    Server,
    /// The gateway asks a source.
    Client,
    /// Neither: something within the gateway.
    Within,
}

/// One span that has ended.
#[derive(Clone, Debug)]
pub struct Span {
    /// The operation's name, or the connector's.
    pub name: Cow<'static, str>,
    /// Whose side it is.
    pub side: Side,
    /// Its own place.
    pub place: Place,
    /// The span above it, and whether that is the caller's.
    pub parent: Option<(u64, bool)>,
    /// When it began.
    pub begun: SystemTime,
    /// When it ended.
    pub ended: SystemTime,
    /// What is said of it.
    pub fields: Vec<Field>,
    /// What happened meanwhile.
    pub events: Vec<Event>,
    /// Others for whom it was done too.
    pub links: Vec<Place>,
    /// Whether it failed.
    pub has_failed: bool,
}

/// A name and a value.
pub type Field = (&'static str, Fact);

/// A value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A word of ours, or a name of the schema's.
    Text(Cow<'static, str>),
    /// A number.
    Whole(u64),
    /// Yes or no.
    Flag(bool),
}

/// Something at a moment of a span.
#[derive(Clone, Debug)]
pub struct Event {
    /// What happened.
    pub name: &'static str,
    /// When.
    pub at: SystemTime,
    /// What is said of it.
    pub fields: Vec<Field>,
}

impl From<&'static str> for Fact {
    fn from(text: &'static str) -> Fact {
        Fact::Text(text.into())
    }
}

impl From<String> for Fact {
    fn from(text: String) -> Fact {
        Fact::Text(text.into())
    }
}

impl From<u64> for Fact {
    fn from(number: u64) -> Fact {
        Fact::Whole(number)
    }
}

impl From<usize> for Fact {
    fn from(number: usize) -> Fact {
        Fact::Whole(number as u64)
    }
}

impl From<bool> for Fact {
    fn from(flag: bool) -> Fact {
        Fact::Flag(flag)
    }
}
