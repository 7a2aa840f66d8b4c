//! Our methods from text to text. Null stays null.

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

use super::super::held::{Held, View};
use super::super::run::{Run, Scope};
use super::super::shape::Shape;
use super::super::syntax::Call;
use super::{Example, Method, RunMethod};

pub(super) const METHODS: &[Method] = &[
    text("lower", "Gives the text in small letters.", Example(r#""ÀB""#, "$->lower", r#""àb""#), {
        |run, call, input, _| on_text(run, call, input, |text| text.to_lowercase().into())
    }),
    text("upper", "Gives the text in capitals.", Example(r#""ab""#, "$->upper", r#""AB""#), {
        |run, call, input, _| on_text(run, call, input, |text| text.to_uppercase().into())
    }),
    text("trim", "Takes blanks away at both ends.", Example(r#"" a b ""#, "$->trim", r#""a b""#), {
        |run, call, input, _| {
            on_text(run, call, input, |text| match text {
                Cow::Borrowed(text) => text.trim().into(),
                Cow::Owned(text) => text.trim().to_owned().into(),
            })
        }
    }),
    text("split", "Cuts the text at each separator.", Example(r#""a,b""#, "$->split(',')", r#"["a", "b"]"#), split)
        .takes(1, 1)
        .gives(|_, _| Shape::Text.list()),
    text(
        "replace",
        "Puts its second argument in the place of each occurrence of its first.",
        Example(r#""a-b-c""#, "$->replace('-', '.')", r#""a.b.c""#),
        replace,
    )
    .takes(2, 2),
    text("base64", "Writes the text's bytes in base64, padded.", Example(r#""a:b""#, "$->base64", r#""YTpi""#), {
        |run, call, input, _| on_text(run, call, input, |text| STANDARD.encode(text.as_bytes()).into())
    }),
    text(
        "md5",
        "Gives the MD5 digest of the text's bytes in hexadecimal, as some vendors key their records by.",
        Example(r#""a@b.example""#, "$->md5", r#""d3ce9fe2208376bd39cf85fbcc2a90c7""#),
        |run, call, input, _| on_text(run, call, input, md5_hex),
    ),
    text(
        "quote",
        "Makes a literal of \"soql\", \"odata\", \"zendesk\" or \"stripe\"; of a list, literals with commas (the first two).",
        Example(r#"["O'Neil", "b"]"#, "$->quote('soql')", r#""'O\\'Neil','b'""#),
        quote,
    )
    .takes(1, 1),
];

const fn text(name: &'static str, doc: &'static str, example: Example, run: RunMethod) -> Method {
    Method::new(name, doc, example, run).ours().gives(|_, _| Shape::Text)
}

fn on_text<'v>(
    run: &mut Run<'v, '_>,
    call: &Call,
    input: Held<'v>,
    change: fn(Cow<'v, str>) -> Cow<'v, str>,
) -> Option<Held<'v>> {
    if input.is_null() {
        return Some(input);
    }
    let Some(text) = input.as_text() else {
        return run.refuse_input(call, "a string", &input);
    };
    run.work_text(text.len())?;
    Some(Held::text(change(text)))
}

fn md5_hex(text: Cow<'_, str>) -> Cow<'_, str> {
    let digest = Md5::digest(text.as_bytes());
    let mut hex = String::with_capacity(32);
    for byte in digest {
        // Writing into a String does not fail.
        _ = write!(hex, "{byte:02x}");
    }
    hex.into()
}

fn split<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    let separator = run.text_arg(call, 0, &input, scope)?;
    if separator.is_empty() {
        return run.refuse(call, "needs a separator that is not empty");
    }
    if input.is_null() {
        return Some(input);
    }
    let Some(text) = input.as_text() else {
        return run.refuse_input(call, "a string", &input);
    };
    run.work_text(text.len() * 4)?;
    let parts = match &text {
        Cow::Borrowed(text) => text.split(&*separator).map(Held::text).collect(),
        Cow::Owned(text) => text.split(&*separator).map(|part| Held::text(part.to_owned())).collect(),
    };
    Some(Held::list(parts))
}

fn replace<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    let from = run.text_arg(call, 0, &input, scope)?;
    let to = run.text_arg(call, 1, &input, scope)?;
    if from.is_empty() {
        return run.refuse(call, "needs a text to replace that is not empty");
    }
    if input.is_null() {
        return Some(input);
    }
    let Some(text) = input.as_text() else {
        return run.refuse_input(call, "a string", &input);
    };
    let found = text.matches(&*from).count();
    run.work_text(text.len() + found.saturating_mul(to.len()))?;
    Some(Held::text(text.replace(&*from, &to)))
}

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
        return run.refuse(call, "knows \"soql\", \"odata\", \"zendesk\" and \"stripe\"");
    };
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
        quoted.push(quoting.mark);
        text.chars().for_each(|char| (quoting.escape)(char, &mut quoted));
        quoted.push(quoting.mark);
    }
    Some(Held::text(quoted))
}
