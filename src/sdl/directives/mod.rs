//! The directives, one file each; a file's text is the manual of its directive.
//!
//! Each file holds the arguments as read, with their places, and the checks that need nothing but the directive
//! itself. What directives mean together is worked out by `link`.

pub(super) mod cache;
pub(super) mod call;
pub(super) mod connect;
pub(super) mod connection;
pub(super) mod department;
pub(super) mod failure;
pub(super) mod inaccessible;
pub(super) mod key;
pub(super) mod link;
pub(super) mod lookup;
pub(super) mod normalize;
pub(super) mod paginate;
pub(super) mod prefer;
pub(super) mod source;
pub(super) mod webhook;

/// What a directive of a file means, whatever the file calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Word {
    Link,
    Source,
    Connect,
    Key,
    Department,
    Lookup,
    Connection,
    Cache,
    Inaccessible,
    Paginate,
    Call,
    Failure,
    Webhook,
    Normalize,
    Prefer,
    /// Means something to a larger graph that includes this one, nothing here.
    Ignored,
    /// Would change what clients may see or how fields are found, and is not supported.
    Refused,
}

/// Where a directive stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    Schema,
    Object,
    Interface,
    Field,
    Other,
}

impl Word {
    /// Where it may stand; `None`: anywhere.
    pub fn spots(self) -> Option<&'static [Spot]> {
        Some(match self {
            Word::Link | Word::Source | Word::Failure | Word::Webhook => &[Spot::Schema],
            Word::Connect | Word::Paginate | Word::Call => &[Spot::Object, Spot::Interface, Spot::Field],
            Word::Key => &[Spot::Object, Spot::Interface],
            Word::Department => &[Spot::Schema, Spot::Object, Spot::Field],
            Word::Cache => &[Spot::Object, Spot::Field],
            Word::Lookup | Word::Connection | Word::Normalize | Word::Prefer => &[Spot::Field],
            Word::Inaccessible | Word::Ignored | Word::Refused => return None,
        })
    }
}

impl Spot {
    pub fn said(self) -> &'static str {
        match self {
            Spot::Schema => "the schema",
            Spot::Object => "an object type",
            Spot::Interface => "an interface",
            Spot::Field => "a field",
            Spot::Other => "this",
        }
    }
}
