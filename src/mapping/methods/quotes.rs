//! Our method for values in somebody else's query language. Null stays null, and is left out of lists.

use super::super::held::{Held, View};
use super::super::run::{Run, Scope};
use super::super::shape::Shape;
use super::super::syntax::Call;
use super::{Example, Method};

pub(super) const METHODS: &[Method] = &[Method::new(
    "quote",
    "Makes a literal of \"soql\", \"odata\", \"jql\", \"zendesk\" or \"stripe\"; of a list, literals with commas (the first three). Numbers, true and false stand bare.",
    Example(r#"["O'Neil", "b", 7]"#, "$->quote('soql')", r#""'O\\'Neil','b',7""#),
    quote,
)
.ours()
.takes(1, 1)
.gives(|_, _| Shape::Text)];

/// How a query language writes a string.
struct Quoting {
    mark: char,
    escape: fn(char, &mut String),
    lists: bool,
}

fn quoting(dialect: &str) -> Option<Quoting> {
    Some(match dialect {
        "soql" => Quoting { mark: '\'', escape: soql, lists: true },
        "odata" => Quoting { mark: '\'', escape: doubled, lists: true },
        "jql" => Quoting { mark: '"', escape: backslashed, lists: true },
        "zendesk" | "stripe" => Quoting { mark: '"', escape: backslashed, lists: false },
        _ => return None,
    })
}

/// Backslash before quotes and backslashes, names for control characters.
fn soql(char: char, out: &mut String) {
    match char {
        '\'' | '"' | '\\' => out.extend(['\\', char]),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        // Other control characters have no place in a statement.
        _ if char.is_control() => {}
        _ => out.push(char),
    }
}

fn doubled(char: char, out: &mut String) {
    match char {
        '\'' => out.push_str("''"),
        _ if char.is_control() => {}
        _ => out.push(char),
    }
}

fn backslashed(char: char, out: &mut String) {
    match char {
        '"' | '\\' => out.extend(['\\', char]),
        _ if char.is_control() => {}
        _ => out.push(char),
    }
}

fn quote<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    let dialect = run.text_arg(call, 0, &input, scope)?;
    let Some(quoting) = quoting(&dialect) else {
        return run.refuse(call, "knows \"soql\", \"odata\", \"jql\", \"zendesk\" and \"stripe\"");
    };
    if input.is_null() {
        return Some(input);
    }
    if matches!(input.view(), View::List(_)) && !quoting.lists {
        return run.refuse(call, format!("writes no lists for {dialect}; map over them"));
    }
    let mut quoted = String::new();
    for item in run.elements(&input)? {
        if item.is_null() {
            continue;
        }
        let Some(text) = run.scalar_text(&item) else {
            return run.refuse(call, format!("quotes scalars, found {}", item.kind()));
        };
        run.work_text(text.len() + 3)?;
        if !quoted.is_empty() {
            quoted.push(',');
        }
        if matches!(item.view(), View::Number(_) | View::Bool(_)) {
            quoted.push_str(&text);
            continue;
        }
        quoted.push(quoting.mark);
        text.chars().for_each(|char| (quoting.escape)(char, &mut quoted));
        quoted.push(quoting.mark);
    }
    Some(Held::text(quoted))
}
