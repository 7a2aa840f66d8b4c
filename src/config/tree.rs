//! The parsed document as a tree of our own: every value with its place and its path.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Faults};
use super::key_path::KeyPath;

/// One value.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Bytes of the file.
    pub span: Range<usize>,
    /// The keys that lead here.
    pub path: KeyPath,
    /// Whether it may be a secret, so that problems tell its kind only.
    pub hidden: bool,
    pub value: Value,
}

/// What a value is. Dates and times are text.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(Text),
    Integer(i128),
    Float(f64),
    Boolean(bool),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

impl Value {
    /// Stands where a value could not be made out.
    pub const UNKNOWN: Value = Value::Text(Text { text: String::new(), origin: Origin::Unknown });
}

/// Text, and how it came to be.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub text: String,
    pub origin: Origin,
}

/// Where a text was taken from.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// It stands in the file.
    Written,
    /// It was put together from variables; this stands in the file.
    Variables(String),
    /// A secret file.
    File,
    /// It could not be made out, and that is told already.
    Unknown,
}

/// One key and its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub key: String,
    pub key_span: Range<usize>,
    pub node: Node,
}

impl Node {
    /// The whole document. Numbers that no setting could hold are told to `faults`.
    pub fn document(table: &Spanned<DeTable<'_>>, faults: &Faults) -> Node {
        let entries = entries(table.get_ref(), &KeyPath::default(), false, faults);
        Node { span: table.span(), path: KeyPath::default(), hidden: false, value: Value::Table(entries) }
    }

    /// The same with another value in its place.
    pub fn with(&self, value: Value) -> Node {
        Node { span: self.span.clone(), path: self.path.clone(), hidden: self.hidden, value }
    }

    /// What a problem may tell of the value.
    pub fn found(&self) -> String {
        let shown = match &self.value {
            _ if self.hidden => None,
            Value::Text(Text { text, origin: Origin::Written }) => Some(text.clone()),
            Value::Text(Text { origin: Origin::Variables(written), .. }) => Some(written.clone()),
            Value::Integer(number) => return number.to_string(),
            Value::Float(number) => return number.to_string(),
            Value::Boolean(flag) => return flag.to_string(),
            _ => None,
        };
        shown.map_or_else(|| self.kind().to_owned(), |text| format!("{:?}", shortened(&text)))
    }

    /// The value's kind with its article.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Text(_) => "text",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Boolean(_) => "a boolean",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

fn entries(table: &DeTable<'_>, path: &KeyPath, hidden: bool, faults: &Faults) -> Vec<Entry> {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| {
            let path = path.join(key.get_ref());
            let hidden = hidden || holds_secrets(&path);
            let node = node(value, &path, hidden, faults);
            Entry { key: key.get_ref().to_string(), key_span: key.span(), node }
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_span.start);
    entries
}

fn node(value: &Spanned<DeValue<'_>>, path: &KeyPath, hidden: bool, faults: &Faults) -> Node {
    let span = value.span();
    let written = |text: String| Value::Text(Text { text, origin: Origin::Written });
    let value = match value.get_ref() {
        DeValue::String(text) => written(text.to_string()),
        DeValue::Datetime(time) => written(time.to_string()),
        DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => {
                faults.push(Fault::new(span.clone(), format!("`{path}`: the number is too large")));
                Value::UNKNOWN
            }
        },
        // The grammar lets nothing through that is no number; one that is too large is infinite.
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Value::Boolean(*flag),
        DeValue::Array(list) => Value::List(list.iter().map(|item| node(item, path, hidden, faults)).collect()),
        DeValue::Table(table) => Value::Table(entries(table, path, hidden, faults)),
    };
    Node { span, path: path.clone(), hidden, value }
}

/// Whether the path is that of a source's `auth` or `config`, or of the `tls` of the
/// shared tier, of the headers for a collector of traces, of the operators' token or a webhook's secrets.
fn holds_secrets(path: &KeyPath) -> bool {
    matches!(
        path.keys().as_slice(),
        ["sources", _, "auth" | "config" | "tls"]
            | ["cache", "shared", "tls"]
            | ["telemetry", "otlp", "headers"]
            | ["admin", "token"]
            | ["webhooks", _, "secrets"]
    )
}

/// At most so many characters of a found text are told.
const SHOWN_CHARACTERS: usize = 60;

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
