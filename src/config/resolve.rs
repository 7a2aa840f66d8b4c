//! References in values: `${VAR}`, `${VAR:-default}`, `$${`, and `{ file = "…" }` in place of a text.

use std::cell::RefCell;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::fault::{Fault, Faults};
use super::key_path::KeyPath;
use super::secret_file;
use super::tree::{Node, Origin, Text, Value};

/// What references are resolved against.
pub(super) struct Resolver<'a> {
    /// The whole file, to find references in it.
    pub source: &'a str,
    /// Where relative names of secret files begin.
    pub folder: &'a Path,
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    pub faults: &'a Faults,
    /// The secret files that were named, in the order of their places.
    pub files: &'a RefCell<Vec<PathBuf>>,
}

impl Resolver<'_> {
    /// Resolves everything in `[section]`s; `depth` is how many keys lead to `node`.
    pub fn resolve(&self, node: &mut Node, depth: usize) {
        match &mut node.value {
            Value::Text(text) => self.substitute(text, &node.span, &node.path),
            Value::List(items) => items.iter_mut().for_each(|item| self.resolve(item, depth + 1)),
            Value::Table(entries) => {
                entries.iter_mut().for_each(|entry| self.resolve(&mut entry.node, depth + 1));
                // `[gateway]` and `[sources.NAME]` are never texts: a key `file` in them is somebody's mistake.
                let section = depth < 2 || depth == 2 && is_section(&node.path);
                if let ([entry], false) = (entries.as_slice(), section)
                    && entry.key == "file"
                    && let Value::Text(name) = &entry.node.value
                {
                    node.value = self.secret(name, &entry.node);
                }
            }
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) => {}
        }
    }

    /// The file's text; told where it cannot be read. `node` is that of the file's name.
    fn secret(&self, name: &Text, node: &Node) -> Value {
        let shown = match &name.origin {
            Origin::Written => &name.text,
            Origin::Variables(written) => written,
            Origin::File | Origin::Unknown => return Value::UNKNOWN,
        };
        let path = self.folder.join(&name.text);
        self.files.borrow_mut().push(path.clone());
        match secret_file::read(&path) {
            Ok(text) => Value::Text(Text { text, origin: Origin::File }),
            Err(why) => {
                let message = format!("`{}`: cannot read `{shown}`: {why}", node.path);
                self.faults.push(Fault::new(node.span.clone(), message));
                Value::UNKNOWN
            }
        }
    }

    fn substitute(&self, text: &mut Text, span: &Range<usize>, path: &KeyPath) {
        if !text.text.contains("${") {
            return;
        }
        let mut out = String::with_capacity(text.text.len());
        let mut rest = text.text.as_str();
        let mut place = self.places(span);
        let told_before = self.faults.count();
        let mut variables = false;
        while let Some(at) = rest.find("${") {
            let (before, reference) = rest.split_at(at);
            let here = place();
            if let Some(before) = before.strip_suffix('$') {
                out.push_str(before);
                out.push_str("${");
                rest = &reference[2..];
                continue;
            }
            out.push_str(before);
            variables = true;
            let Some(end) = reference.find('}') else {
                let fault = Fault::new(here, format!("`{path}`: `${{` without its `}}`"));
                self.faults.push(fault.help("write `$${` for the characters themselves"));
                rest = "";
                break;
            };
            match self.variable(&reference[2..end]) {
                Ok(value) => out.push_str(&value),
                Err((message, help)) => self.faults.push(Fault::new(here, format!("`{path}`: {message}")).help(help)),
            }
            rest = &reference[end + 1..];
        }
        out.push_str(rest);
        let written = std::mem::replace(&mut text.text, out);
        if self.faults.count() > told_before {
            text.origin = Origin::Unknown;
        } else if variables {
            text.origin = Origin::Variables(written);
        }
    }

    /// The value of what stands between `${` and `}`. Errors: what is wrong, and how to mend it.
    fn variable(&self, inner: &str) -> Result<String, (String, String)> {
        let (name, default) = match inner.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inner, None),
        };
        if !is_name(name) {
            let help = "a name has letters, digits and `_`, and does not begin with a digit; write `$${` for the \
                        characters themselves";
            return Err(("what stands in `${…}` is not the name of a variable".to_owned(), help.to_owned()));
        }
        let value = (self.environment)(name);
        match (value, default) {
            (Some(value), Some(default)) if value.is_empty() => Ok(default.to_owned()),
            (Some(value), _) => Ok(value),
            (None, Some(default)) => Ok(default.to_owned()),
            (None, None) => Err((
                format!("the variable `{name}` is not set"),
                format!("set it, or write `${{{name}:-default}}` with what holds without it"),
            )),
        }
    }

    /// The places of `${` in the file's bytes of a value, one after the other; the value's own where escapes hide it.
    fn places(&self, span: &Range<usize>) -> impl FnMut() -> Range<usize> {
        let source = self.source.get(span.clone()).unwrap_or_default();
        let mut found = source.match_indices("${");
        let span = span.clone();
        move || match found.next() {
            Some((at, _)) => span.start + at..span.end,
            None => span.clone(),
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether a path of two keys is that of a table `[sources.NAME]` or `[connectors.ID]`.
fn is_section(path: &KeyPath) -> bool {
    matches!(path.keys().first(), Some(&("sources" | "webhooks" | "connectors")))
}
