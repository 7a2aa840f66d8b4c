//! The key under which a connector is asked: the values of its needs, in canonical form.

use std::sync::Arc;

use smallvec::SmallVec;

use super::scalar::write_scalar;
use crate::catalog::{Layout, Node, Scalar};
use crate::mapping::{Object, Value};

/// The values of a connector's needs as the text of a JSON array, each coerced to its field's type, so that
/// two spellings of one key are one key. A connector without needs has the key `[]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Arc<str>);

impl Key {
    /// From components that are JSON texts already.
    pub fn from_components<'a>(components: impl IntoIterator<Item = &'a [u8]>) -> Key {
        // Most keys are one short component.
        let mut text: SmallVec<[u8; 64]> = SmallVec::new();
        text.push(b'[');
        for (index, component) in components.into_iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            text.extend_from_slice(component);
        }
        text.push(b']');
        Key(String::from_utf8_lossy(&text).into())
    }

    /// A key from the text of one; `None` where it is no JSON array.
    pub fn read(text: &str) -> Option<Key> {
        matches!(Value::read(text.as_bytes()), Ok(Value::List(_))).then(|| Key(text.into()))
    }

    /// The key of a connector that needs nothing.
    pub fn empty() -> Key {
        Key::from_components([])
    }

    /// The text of the JSON array.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key as an object of the given needs: what `$this`, `$batch` or `$args` show of it.
    pub fn representation<'k>(&'k self, needs: &'k [String]) -> Value<'k> {
        let Ok(Value::List(components)) = Value::read(self.0.as_bytes()) else {
            return Value::Object(Object::default());
        };
        Value::Object(needs.iter().map(|need| need.into()).zip(components).collect())
    }
}

/// One component of a key: the value coerced to the type of its field, as JSON text.
/// `None` where it is null, missing or of the wrong type.
pub fn component(node: &Node, value: &Value<'_>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    append(node, value, &mut out).then_some(out)
}

/// Appends a component; false where the value cannot be one.
fn append(node: &Node, value: &Value<'_>, out: &mut Vec<u8>) -> bool {
    match node {
        _ if value.is_null() => false,
        Node::Scalar(scalar) => write_scalar(*scalar, value, out),
        Node::Enum(_) => write_scalar(Scalar::Text, value, out),
        Node::Object(_) | Node::Abstract(_) => false,
    }
}

/// The key that an element of an answer carries: the values of `needs` among its fields.
pub fn key_of(layout: &Layout, needs: &[String], element: &Value<'_>) -> Option<Key> {
    let mut text = Vec::with_capacity(64);
    text.push(b'[');
    for (index, need) in needs.iter().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        if !append(&layout.slot(need)?.node, element.get(need)?, &mut text) {
            return None;
        }
    }
    text.push(b']');
    Some(Key(String::from_utf8_lossy(&text).into()))
}
