//! Lists, tables and choices of the tree, as serde walks them.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::{Error, Reader};
use crate::config::fault::Faults;
use crate::config::tree::{Entry, Node, Value};

/// A list.
pub(super) struct Items<'a> {
    pub items: std::slice::Iter<'a, Node>,
    pub faults: &'a Faults,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let faults = self.faults;
        self.items
            .next()
            .map(|node| seed.deserialize(Reader { node, faults }).map_err(|error| error.at(node)))
            .transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// A table, in the order of its keys in the file.
pub(super) struct Pairs<'a> {
    pub entries: std::vec::IntoIter<&'a Entry>,
    pub value: Option<&'a Node>,
    pub faults: &'a Faults,
}

impl<'de> MapAccess<'de> for Pairs<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        self.value = Some(&entry.node);
        let key: StrDeserializer<'_, Error> = entry.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let node = self.value.take().expect("serde asks for a key before its value");
        // A type may refuse what was read well; only here is it known where that was.
        seed.deserialize(Reader { node, faults: self.faults }).map_err(|error| error.at(node))
    }
}

/// One of several: its name alone, or a table with its name as the only key.
pub(super) struct Choice<'a> {
    pub name: &'a str,
    pub node: &'a Node,
    pub inner: Option<&'a Node>,
    pub faults: &'a Faults,
}

impl<'a> Choice<'a> {
    fn inner(&self) -> Result<Reader<'a>, Error> {
        match self.inner {
            Some(node) => Ok(Reader { node, faults: self.faults }),
            None => Err(Error::expected(format!("a table `{{ {name} = {{ … }} }}`", name = self.name)).at(self.node)),
        }
    }
}

impl<'de, 'a> EnumAccess<'de> for Choice<'a> {
    type Error = Error;
    type Variant = Choice<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Choice<'a>), Error> {
        let name: StrDeserializer<'_, Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Choice<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.inner {
            None => Ok(()),
            Some(Node { value: Value::Table(entries), .. }) if entries.is_empty() => Ok(()),
            Some(node) => Err(Error::expected(format!("`\"{}\"` alone", self.name)).at(node)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.inner()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Error> {
        serde::Deserializer::deserialize_seq(self.inner()?, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        serde::Deserializer::deserialize_struct(self.inner()?, "", fields, visitor)
    }
}
