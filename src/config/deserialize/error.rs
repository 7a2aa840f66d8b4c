//! Errors that are told without the values that may be secrets.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use crate::config::fault::{Fault, quoted};
use crate::config::tree::{Node, Origin, Text, Value};

/// Why a value is not what was asked for.
#[derive(Debug)]
pub(in crate::config) enum Error {
    /// Something else was expected; not yet known where.
    Expected(String),
    /// What a type says of a value that it does not take; not yet known where.
    Said(String),
    /// A table lacks a key; not yet known where.
    Lacks(&'static str),
    /// Known where.
    Placed(Fault),
    /// The value could not be made out, and that is told already.
    Told,
}

impl Error {
    pub fn expected(what: impl Into<String>) -> Error {
        Error::Expected(what.into())
    }

    /// Places the error at the value, unless a value within has it.
    pub fn at(self, node: &Node) -> Error {
        self.into_fault(node).map_or(Error::Told, Error::Placed)
    }

    /// The fault, at the value unless a value within has it; none where it is told already.
    pub fn into_fault(self, node: &Node) -> Option<Fault> {
        let message = match self {
            Error::Placed(fault) => return Some(fault),
            _ if matches!(&node.value, Value::Text(Text { origin: Origin::Unknown, .. })) => return None,
            Error::Told => return None,
            Error::Lacks(key) => format!("`{}` lacks `{key}`", node.path),
            // Where text is wanted, a number may be a secret without its quotes.
            Error::Expected(what) if what == TEXT => format!("`{}`: found {}, expected {what}", node.path, node.kind()),
            Error::Expected(what) => format!("`{}`: found {}, expected {what}", node.path, node.found()),
            Error::Said(why) => {
                let link = if why.starts_with("expected") { ", " } else { ": " };
                format!("`{}`: found {}{link}{}", node.path, node.found(), without_values(why, node))
            }
        };
        Some(Fault::new(node.span.clone(), message))
    }
}

const TEXT: &str = "text";

/// The words of a type without the values that they may repeat: those from elsewhere, in the value or within it.
fn without_values(why: String, node: &Node) -> String {
    match &node.value {
        Value::Text(Text { origin: Origin::Written, .. }) if !node.hidden => why,
        Value::Text(Text { text, .. }) if !text.is_empty() => why.replace(text.as_str(), "…"),
        Value::List(items) => items.iter().fold(why, without_values),
        Value::Table(entries) => entries.iter().fold(why, |why, entry| without_values(why, &entry.node)),
        _ => why,
    }
}

/// serde's words for what was expected, as people say them.
fn said(expected: &dyn Expected) -> String {
    let said = expected.to_string();
    match said.as_str() {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not negative".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a string" => TEXT.to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a table".to_owned(),
        _ if said.starts_with("a nonzero") => "a whole number above zero".to_owned(),
        _ => said,
    }
}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Error::Said(message.to_string())
    }

    fn invalid_type(_found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Error::Expected(said(expected))
    }

    fn invalid_value(_found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Error::Expected(said(expected))
    }

    fn invalid_length(_length: usize, expected: &dyn Expected) -> Self {
        Error::Expected(said(expected))
    }

    fn unknown_variant(_variant: &str, expected: &'static [&'static str]) -> Self {
        Error::Expected(format!("one of {}", quoted(expected)))
    }

    fn missing_field(field: &'static str) -> Self {
        Error::Lacks(field)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Expected(what) => write!(out, "expected {what}"),
            Error::Said(why) => out.write_str(why),
            Error::Lacks(key) => write!(out, "`{key}` is missing"),
            Error::Placed(fault) => out.write_str(&fault.message),
            Error::Told => out.write_str("unknown"),
        }
    }
}

impl std::error::Error for Error {}
