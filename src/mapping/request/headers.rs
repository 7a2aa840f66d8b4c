//! Headers: what may be set, which side wins, and values that cannot end their line.

use super::super::problem::Problem;
use super::super::template::Template;
use super::super::value::Value;
use super::super::variables::Variables;
use super::{HeaderText, Part, Parts, refuse};

/// Headers that belong to the connection, not to the one who writes a schema.
const FORBIDDEN: [&str; 11] = [
    "connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "content-encoding",
    "accept-encoding",
    "keep-alive",
];
/// Headers that say what this gateway sends and understands; a client's do not apply.
const NOT_FROM_CLIENT: [&str; 3] = ["content-type", "accept", "host"];

/// How a header's name is written.
const TOKEN: &str = "names are of letters, digits and `-`, without blanks and without a colon: `X-Tenant`";

#[derive(Debug)]
pub(super) struct Headers(Vec<Header>);

#[derive(Debug)]
struct Header {
    name: String,
    value: HeaderValue,
    part: Part,
}

#[derive(Debug)]
enum HeaderValue {
    /// All values of a client header, by its lower-case name.
    From(String),
    Template(Box<Template>),
}

impl Headers {
    /// The source's headers, with the connector's in the place of those of the same name.
    pub fn new(source: &[HeaderText<'_>], call: &[HeaderText<'_>], parts: &mut Parts) -> Self {
        let source = side(source, Part::SourceHeader, parts);
        let call = side(call, Part::Header, parts);
        let kept = source.into_iter().filter(|header| call.iter().all(|other| other.name != header.name));
        let mut headers: Vec<Header> = kept.collect();
        headers.extend(call);
        Headers(headers)
    }

    pub fn build(&self, variables: &Variables<'_>) -> Result<Vec<(String, String)>, Vec<Problem>> {
        let mut built = Vec::with_capacity(self.0.len() + 1);
        for header in &self.0 {
            match &header.value {
                HeaderValue::Template(template) => {
                    let value = template.fill(variables)?;
                    built.push((header.name.clone(), checked(value.trim(), header.part)?));
                }
                HeaderValue::From(name) => {
                    let values = variables.request_headers.and_then(|headers| headers.get(name));
                    let values = values.map_or(&[][..], |values| match values {
                        Value::List(items) => items.as_slice(),
                        single => std::slice::from_ref(single),
                    });
                    for value in values.iter().filter_map(Value::as_text) {
                        built.push((header.name.clone(), checked(value, header.part)?));
                    }
                }
            }
        }
        Ok(built)
    }
}

fn side(texts: &[HeaderText<'_>], part: fn(usize) -> Part, parts: &mut Parts) -> Vec<Header> {
    let mut headers: Vec<Header> = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let part = part(index);
        let name = text.name.to_ascii_lowercase();
        let mut bad = |message: String, help: &str| parts.problem(part, 0..0, message, Some(help));
        if !is_token(&name) {
            bad(format!("{:?} is not a header name", text.name), TOKEN);
        } else if FORBIDDEN.contains(&name.as_str()) {
            let message = format!("the header `{name}` is set by the connection, not by a mapping");
            bad(message, "leave it out: it is sent as the call and its body need it");
        } else if headers.iter().any(|header| header.name == name) {
            bad(format!("the header `{name}` stands twice"), "keep one of them: case does not tell headers apart");
        }
        let value = match (text.from, text.value) {
            (Some(from), None) => {
                let from = from.to_ascii_lowercase();
                if NOT_FROM_CLIENT.contains(&name.as_str()) {
                    let message = format!("the header `{name}` may not be taken from the client");
                    bad(message, "it says what this gateway sends and reads: give it a `value`");
                }
                if !is_token(&from) {
                    bad(format!("{from:?} is not a header name"), TOKEN);
                }
                parts.needs.request_headers.insert(from.clone());
                HeaderValue::From(from)
            }
            (None, Some(value)) => match parts.template(part, value) {
                Some(template) => HeaderValue::Template(Box::new(template)),
                None => continue,
            },
            _ => {
                let help = "`value` is a text of your own, `from` names a header of the client that is handed on";
                bad(format!("the header `{name}` needs one of `from` and `value`"), help);
                continue;
            }
        };
        headers.push(Header { name, value, part });
    }
    headers
}

fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// A value on one line. Control characters would let it write headers of its own.
fn checked(value: &str, part: Part) -> Result<String, Vec<Problem>> {
    if value.chars().any(|char| char.is_control() && char != '\t') {
        return refuse(part, "has a value with a line end or another control character");
    }
    Ok(value.to_owned())
}
