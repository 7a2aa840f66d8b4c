//! Whether two tables say the same.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::tree::{Node, Value};

/// A number that two tables share where everything in them is the same, whatever they refer to resolved.
pub(super) fn written(node: &Node) -> u64 {
    let mut hasher = DefaultHasher::new();
    add(node, &mut hasher);
    hasher.finish()
}

fn add(node: &Node, hasher: &mut DefaultHasher) {
    std::mem::discriminant(&node.value).hash(hasher);
    match &node.value {
        Value::Text(text) => text.text.hash(hasher),
        Value::Integer(number) => number.hash(hasher),
        Value::Float(number) => number.to_bits().hash(hasher),
        Value::Boolean(is_true) => is_true.hash(hasher),
        Value::List(items) => {
            items.len().hash(hasher);
            items.iter().for_each(|item| add(item, hasher));
        }
        Value::Table(entries) => {
            // The order of keys says nothing.
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by(|a, b| a.key.cmp(&b.key));
            sorted.len().hash(hasher);
            for entry in sorted {
                entry.key.hash(hasher);
                add(&entry.node, hasher);
            }
        }
    }
}
