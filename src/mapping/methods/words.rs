//! Our methods from text to text. Null stays null.

use std::borrow::Cow;

use super::super::held::Held;
use super::super::run::{Run, Scope};
use super::super::shape::Shape;
use super::super::syntax::Call;
use super::lists::whole;
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
    truth(
        "startsWith",
        "Says whether the text begins with its argument.",
        Example(r#""cus_42""#, "$->startsWith('cus_')", "true"),
        |run, call, input, scope| compare(run, call, input, scope, |text, part| text.starts_with(part)),
    ),
    truth(
        "endsWith",
        "Says whether the text ends with its argument.",
        Example(r#""a@b.example""#, "$->endsWith('.example')", "true"),
        |run, call, input, scope| compare(run, call, input, scope, |text, part| text.ends_with(part)),
    ),
    truth(
        "includes",
        "Says whether its argument stands somewhere in the text.",
        Example(r#""late payment""#, "$->includes('pay')", "true"),
        |run, call, input, scope| compare(run, call, input, scope, |text, part| text.contains(part)),
    ),
    text(
        "padStart",
        "Fills the text at its start up to so many characters (at most 1000), with blanks or the character given.",
        Example(r#""42""#, "$->padStart(5, '0')", r#""00042""#),
        pad_start,
    )
    .takes(1, 2),
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

const fn truth(name: &'static str, doc: &'static str, example: Example, run: RunMethod) -> Method {
    Method::new(name, doc, example, run).ours().takes(1, 1).gives(|_, _| Shape::Bool)
}

fn compare<'v>(
    run: &mut Run<'v, '_>,
    call: &'v Call,
    input: Held<'v>,
    scope: Scope<'_, 'v>,
    holds: fn(&str, &str) -> bool,
) -> Option<Held<'v>> {
    let part = run.text_arg(call, 0, &input, scope)?;
    if input.is_null() {
        return Some(input);
    }
    let Some(text) = input.as_text() else {
        return run.refuse_input(call, "a string", &input);
    };
    run.work_text(text.len())?;
    Some(Held::bool(holds(&text, &part)))
}

/// Up to how many characters a text is filled.
const MAX_PAD: i64 = 1000;

fn pad_start<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    let wanted = run.arg(call, 0, &input, scope)?;
    let Some(wanted) = whole(&wanted).filter(|wanted| (0..=MAX_PAD).contains(wanted)) else {
        return run.refuse(call, format!("needs a whole number from 0 to {MAX_PAD}"));
    };
    let fill = match call.args.get(1) {
        None => ' ',
        Some(_) => {
            let fill = run.text_arg(call, 1, &input, scope)?;
            let mut chars = fill.chars();
            match (chars.next(), chars.next()) {
                (Some(fill), None) => fill,
                _ => return run.refuse(call, "fills with one character"),
            }
        }
    };
    if input.is_null() {
        return Some(input);
    }
    let Some(text) = run.scalar_text(&input) else {
        return run.refuse_input(call, "a scalar", &input);
    };
    let missing = usize::try_from(wanted).unwrap_or(0).saturating_sub(text.chars().count());
    run.work_text(text.len() + missing * 4)?;
    let mut padded: String = std::iter::repeat_n(fill, missing).collect();
    padded.push_str(&text);
    Some(Held::text(padded))
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
