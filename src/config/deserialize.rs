//! The tree as a serde deserializer whose errors know their places and tell no secrets.
//!
//! serde stops at the first error; unknown keys of a struct are therefore told beside it, all of them, and reading
//! goes on without them.

mod access;
mod error;

use serde::de::{self, Visitor};
use serde::forward_to_deserialize_any;

use self::access::{Choice, Items, Pairs};
pub(super) use self::error::Error;
use super::fault::{Fault, Faults, quoted};
use super::tree::{Entry, Node, Origin, Text, Value};

/// Reads one value.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub node: &'a Node,
    pub faults: &'a Faults,
}

impl<'a> Reader<'a> {
    /// The value as its own kind.
    fn any<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.value {
            Value::Text(Text { text, .. }) => visitor.visit_str(text),
            Value::Integer(number) => visit_integer(*number, visitor),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(flag) => visitor.visit_bool(*flag),
            Value::List(items) => visitor.visit_seq(Items { items: items.iter(), faults: self.faults }),
            Value::Table(entries) => self.table(entries.iter().collect(), visitor),
        }
        .map_err(|error| error.at(self.node))
    }

    fn table<'de, V: Visitor<'de>>(self, entries: Vec<&'a Entry>, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(Pairs { entries: entries.into_iter(), value: None, faults: self.faults })
    }

    /// The text, where it was put together from variables: they are all text, whatever is meant.
    fn variables(self) -> Option<&'a str> {
        match &self.node.value {
            Value::Text(Text { text, origin: Origin::Variables(_) }) => Some(text.trim()),
            _ => None,
        }
    }

    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.variables().and_then(|text| text.parse().ok()) {
            Some(number) => visit_integer(number, visitor).map_err(|error: Error| error.at(self.node)),
            None => self.any(visitor),
        }
    }
}

fn visit_integer<'de, V: Visitor<'de>>(number: i128, visitor: V) -> Result<V::Value, Error> {
    if let Ok(number) = i64::try_from(number) {
        visitor.visit_i64(number)
    } else if let Ok(number) = u64::try_from(number) {
        visitor.visit_u64(number)
    } else {
        visitor.visit_i128(number)
    }
}

impl<'de> de::Deserializer<'de> for Reader<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.any(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.variables().and_then(|text| text.parse().ok()) {
            Some(flag) => visitor.visit_bool(flag),
            None => self.any(visitor),
        }
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.number(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.number(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.number(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.number(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.variables().and_then(|text| text.parse().ok()) {
            Some(number) => visitor.visit_f64(number).map_err(|error: Error| error.at(self.node)),
            None => self.any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let Value::Table(entries) = &self.node.value else {
            return Err(Error::expected(format!("a table of {}", quoted(fields))).at(self.node));
        };
        let (known, unknown): (Vec<&Entry>, Vec<&Entry>) =
            entries.iter().partition(|entry| fields.contains(&entry.key.as_str()));
        for entry in unknown {
            let fault = Fault::unknown_key(entry.key_span.clone(), &entry.key, &self.node.path, fields);
            self.faults.push(match self.node.path.keys().as_slice() {
                ["connectors", id] if matches!(entry.node.value, Value::Table(_)) => {
                    fault.help(format!("an id with dots stands in quotes: `[connectors.\"{id}.{}\"]`", entry.key))
                }
                _ => fault,
            });
        }
        self.table(known, visitor).map_err(|error| error.at(self.node))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let choice = match &self.node.value {
            Value::Text(Text { text, .. }) => Choice { name: text, node: self.node, inner: None, faults: self.faults },
            Value::Table(entries) if entries.len() == 1 => {
                let entry = &entries[0];
                if !variants.contains(&entry.key.as_str()) {
                    let fault = Fault::unknown_key(entry.key_span.clone(), &entry.key, &self.node.path, variants);
                    return Err(Error::Placed(fault));
                }
                Choice { name: &entry.key, node: self.node, inner: Some(&entry.node), faults: self.faults }
            }
            _ => return Err(Error::expected(format!("one of {}", quoted(variants))).at(self.node)),
        };
        visitor.visit_enum(choice).map_err(|error| error.at(self.node))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u128 f32 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        identifier ignored_any
    }
}
