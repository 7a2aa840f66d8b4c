//! Defaults out: coerced values as introspection shows them, in the form graphql-js prints.

use serde_json::Number;

use super::TypeRef;
use super::input::{Input, Inputs};
use super::leaf::Leaf;
use crate::mapping::Value;

impl Inputs {
    /// Prints a coerced default as introspection shows it.
    pub(super) fn print(&self, ty: &TypeRef, value: &Value<'_>, out: &mut String) {
        match (value, ty) {
            (Value::List(items), TypeRef::List { of, .. }) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    self.print(of, item, out);
                }
                out.push(']');
            }
            (Value::Object(members), TypeRef::Named { name, .. }) => {
                let fields = match self.types.get(name) {
                    Some(Input::Object(object)) => Some(&object.fields),
                    _ => None,
                };
                out.push('{');
                for (index, (name, member)) in members.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    out.push_str(name);
                    out.push_str(": ");
                    // Inside a free scalar the type stays the scalar's.
                    let ty = fields.and_then(|fields| fields.get(name)).map_or(ty, |field| &field.ty);
                    self.print(ty, member, out);
                }
                out.push('}');
            }
            (Value::Text(text), TypeRef::Named { name, .. }) => match self.types.get(name) {
                Some(Input::Enum(_)) => out.push_str(text),
                Some(Input::Scalar(Leaf::Id)) if is_integer(text) => out.push_str(text),
                _ => print_text(text, out),
            },
            (Value::Number(number), _) => print_number(number, out),
            (Value::Bool(flag), _) => out.push_str(if *flag { "true" } else { "false" }),
            (Value::Null, _) => out.push_str("null"),
            (Value::List(items), TypeRef::Named { .. }) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    self.print(ty, item, out);
                }
                out.push(']');
            }
            (_, TypeRef::List { of, .. }) => self.print(of, value, out),
        }
    }
}

/// A GraphQL string literal.
fn print_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control @ ('\0'..='\u{1f}' | '\u{7f}'..='\u{9f}') => {
                out.push_str(&format!("\\u{:04X}", u32::from(control)))
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// The shortest form that reads back as the same double; whole numbers without a fraction.
fn print_number(number: &Number, out: &mut String) {
    let float = number.as_f64().unwrap_or_default();
    let size = float.abs();
    if number.is_i64() || number.is_u64() {
        out.push_str(&number.to_string());
    } else if size == 0.0 || (1e-6..1e21).contains(&size) {
        out.push_str(&float.to_string());
    } else {
        let scientific = format!("{float:e}");
        out.push_str(&if size >= 1.0 { scientific.replace('e', "e+") } else { scientific });
    }
}

/// A GraphQL integer literal.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits == "0"
        || (!digits.starts_with('0') && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}
