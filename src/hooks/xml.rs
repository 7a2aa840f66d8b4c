//! XML as far as messages of systems need it: elements, text, and attributes. No document types, so nothing is expanded.

use crate::mapping::{Object, Value};

/// Deepest nesting of elements.
const DEEPEST: usize = 32;
/// Most elements and attributes together.
const MOST_PARTS: usize = 10_000;

/// An element is an object: its children by name without prefix (several of one name are a list), its attributes as
/// `@name`; one with neither is its text, one that is said to be nil is null. `None` where it is no XML, or has a document type.
pub(super) fn read(text: &str) -> Option<Value<'static>> {
    let mut rest = Rest(text.strip_prefix('\u{feff}').unwrap_or(text), MOST_PARTS);
    rest.skip_aside()?;
    let mut root = Object::new();
    let (name, value) = rest.element(0)?;
    root.insert(name, value);
    rest.skip_aside()?;
    rest.0.is_empty().then_some(Value::Object(root))
}

/// What was not read yet, and how many elements and attributes may still come.
struct Rest<'t>(&'t str, usize);

impl<'t> Rest<'t> {
    /// Blanks, comments and instructions.
    fn skip_aside(&mut self) -> Option<()> {
        loop {
            self.0 = self.0.trim_start();
            let end = match self.0 {
                text if text.starts_with("<?") => "?>",
                text if text.starts_with("<!--") => "-->",
                _ => return Some(()),
            };
            self.until(end)?;
        }
    }

    /// What stands before a mark, which is passed.
    fn until(&mut self, mark: &str) -> Option<&'t str> {
        let (before, after) = self.0.split_once(mark)?;
        self.0 = after;
        Some(before)
    }

    fn element(&mut self, depth: usize) -> Option<(String, Value<'static>)> {
        self.1 = self.1.checked_sub(1)?;
        self.0 = self.0.strip_prefix('<').filter(|_| depth < DEEPEST)?;
        let end = self.0.find(|c: char| c.is_whitespace() || c == '>' || c == '/').filter(|end| *end > 0)?;
        let (name, after) = self.0.split_at(end);
        self.0 = after;
        let (mut object, mut text) = (Object::new(), String::new());
        if !self.attributes(&mut object)? {
            self.content(name, depth, &mut object, &mut text)?;
        }
        let value = match object.get("@nil").and_then(Value::as_text) {
            Some("true" | "1") => Value::Null,
            _ if object.is_empty() => Value::Text(text.into()),
            _ => Value::Object(object),
        };
        Some((local(name).to_owned(), value))
    }

    /// Children and text, up to the end of the element of this name.
    fn content(&mut self, name: &str, depth: usize, object: &mut Object<'static>, text: &mut String) -> Option<()> {
        loop {
            let (before, rest) = self.0.split_at(self.0.find('<')?);
            text.push_str(&plain(before)?);
            self.0 = rest;
            if let Some(after) = rest.strip_prefix("</") {
                self.0 = after;
                return (self.until(">")?.trim_end() == name).then_some(());
            } else if let Some(after) = rest.strip_prefix("<![CDATA[") {
                self.0 = after;
                text.push_str(self.until("]]>")?);
            } else if rest.starts_with("<!--") || rest.starts_with("<?") {
                self.skip_aside()?;
            } else {
                let (name, value) = self.element(depth + 1)?;
                add(object, name, value);
            }
        }
    }

    /// Attributes up to the tag's end; whether the element ends with it.
    fn attributes(&mut self, object: &mut Object<'static>) -> Option<bool> {
        loop {
            self.0 = self.0.trim_start();
            if let Some(after) = self.0.strip_prefix("/>") {
                self.0 = after;
                return Some(true);
            }
            if let Some(after) = self.0.strip_prefix('>') {
                self.0 = after;
                return Some(false);
            }
            self.1 = self.1.checked_sub(1)?;
            let name = self.until("=")?.trim_end();
            self.0 = self.0.trim_start();
            let quote = self.0.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            self.0 = &self.0[1..];
            let value = self.until(if quote == '"' { "\"" } else { "'" })?;
            // Where names come from is of no interest here.
            if name != "xmlns" && !name.starts_with("xmlns:") {
                object.insert(format!("@{}", local(name)), Value::Text(plain(value)?.into()));
            }
        }
    }
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn add(object: &mut Object<'static>, name: String, value: Value<'static>) {
    match object.get_mut(&name) {
        Some(Value::List(list)) => list.push(value),
        Some(first) => {
            let first = std::mem::replace(first, Value::Null);
            object.insert(name, Value::List(vec![first, value]));
        }
        None => _ = object.insert(name, value),
    }
}

/// Text without its references.
fn plain(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (name, after) = after.split_once(';')?;
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let number = name.strip_prefix('#')?;
                let code = match number.strip_prefix('x') {
                    Some(digits) => u32::from_str_radix(digits, 16),
                    None => number.parse(),
                };
                char::from_u32(code.ok()?)?
            }
        });
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}
