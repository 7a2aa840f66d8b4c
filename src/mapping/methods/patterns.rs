//! Our methods with regular expressions. A pattern is a literal, compiled when the mapping is parsed; a search takes time
//! in proportion to the text. Searches for every match are accounted for by what is left to search at each of them.
//! Null stays null.

use std::borrow::Cow;

use regex::{Regex, RegexBuilder};

use super::super::held::{Held, View};
use super::super::run::{Run, Scope};
use super::super::shape::Shape;
use super::super::syntax::Call;
use super::{Example, Method, RunMethod};

pub(super) const METHODS: &[Method] = &[
    pattern(
        "matches",
        "Says whether a regular expression is found in the text; `^` and `$` bind it to the ends.",
        Example(r#""INV-2026-17""#, "$->matches('^INV-[0-9]+')", "true"),
        |run, call, input, _| {
            let Some((pattern, text)) = subject(run, call, &input)? else { return Some(input) };
            Some(Held::bool(pattern.is_match(&text)))
        },
    )
    .takes(1, 1)
    .gives(|_, _| Shape::Bool),
    pattern(
        "extract",
        "Gives the first match of a regular expression: its group of the number or name given, else its first group, else all of it; null if there is none.",
        Example(r#""https://x.example/people/42?v=1""#, "$->extract('/people/([0-9]+)')", r#""42""#),
        |run, call, input, scope| {
            let Some((pattern, text)) = subject(run, call, &input)? else { return Some(input) };
            let group = group(run, call, &input, scope, pattern)?;
            let found = pattern.captures(&text).and_then(|found| found.get(group).map(|part| part.range()));
            Some(found.map_or_else(Held::null, |range| part(&text, range)))
        },
    )
    .takes(1, 2),
    pattern(
        "extractAll",
        "Gives what `extract` gives of every match, as a list.",
        Example(r#""a1 and b2""#, "$->extractAll('([a-z])([0-9])', 2)", r#"["1", "2"]"#),
        |run, call, input, scope| {
            let Some((pattern, text)) = subject(run, call, &input)? else { return Some(input) };
            let group = group(run, call, &input, scope, pattern)?;
            let mut all = Vec::new();
            for found in pattern.captures_iter(&text) {
                let end = found.get(0).map_or(0, |whole| whole.end());
                run.work(searched(&text, end))?;
                all.push(found.get(group).map_or_else(Held::null, |found| part(&text, found.range())));
            }
            Some(Held::list(all))
        },
    )
    .takes(1, 2)
    .gives(|_, _| Shape::Text.list()),
    pattern(
        "replaceAll",
        "Puts its second argument in the place of each match; `$1` and `${name}` in it are groups, `$$` is a dollar.",
        Example(r#""2026/3""#, "$->replaceAll('([0-9]+)/([0-9]+)', '$2.$1')", r#""3.2026""#),
        replace_all,
    )
    .takes(2, 2),
    pattern(
        "splitBy",
        "Cuts the text at each match of a regular expression.",
        Example(r#""a, b;c""#, "$->splitBy('[,;] *')", r#"["a", "b", "c"]"#),
        |run, call, input, _| {
            let Some((pattern, text)) = subject(run, call, &input)? else { return Some(input) };
            let mut parts = Vec::new();
            let mut begin = 0;
            for found in pattern.find_iter(&text) {
                run.work(searched(&text, found.end()))?;
                parts.push(part(&text, begin..found.start()));
                begin = found.end();
            }
            parts.push(part(&text, begin..text.len()));
            Some(Held::list(parts))
        },
    )
    .takes(1, 1)
    .gives(|_, _| Shape::Text.list()),
];

const fn pattern(name: &'static str, doc: &'static str, example: Example, run: RunMethod) -> Method {
    Method::new(name, doc, example, run).ours().pattern().gives(|_, _| Shape::Text)
}

/// Compiles a pattern; its size is bounded. The error is one line.
pub(in super::super) fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(1 << 20).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
        // The last line says what is wrong; those before it draw the pattern.
        other => other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
    })
}

/// The pattern and the text it is applied to; None inside when the input is null.
type Subject<'v> = Option<(&'v Regex, Cow<'v, str>)>;

fn subject<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: &Held<'v>) -> Option<Subject<'v>> {
    if input.is_null() {
        return Some(None);
    }
    let Some(text) = input.as_text() else {
        return run.refuse_input(call, "a string", input);
    };
    run.work_text(text.len().saturating_mul(4))?;
    Some(Some((call.pattern.as_ref()?, text)))
}

/// What one more match may have cost.
fn searched(text: &str, at: usize) -> u64 {
    1 + text.len().saturating_sub(at) as u64 / 64
}

fn part<'v>(text: &Cow<'v, str>, range: std::ops::Range<usize>) -> Held<'v> {
    match text {
        Cow::Borrowed(text) => Held::text(&text[range]),
        Cow::Owned(text) => Held::text(text[range].to_owned()),
    }
}

/// Which group is wanted: the one said, else the first, else the whole match.
fn group<'v>(
    run: &mut Run<'v, '_>,
    call: &'v Call,
    input: &Held<'v>,
    scope: Scope<'_, 'v>,
    pattern: &Regex,
) -> Option<usize> {
    if call.args.len() < 2 {
        return Some(usize::from(pattern.captures_len() > 1));
    }
    let wanted = run.arg(call, 1, input, scope);
    let found = match wanted.as_ref().map(Held::view) {
        Some(View::Text(name)) => pattern.capture_names().position(|known| known == Some(name)),
        Some(View::Number(number)) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
        _ => None,
    };
    match found.filter(|group| *group < pattern.captures_len()) {
        Some(group) => Some(group),
        None => run.refuse(call, "has no such group in its pattern"),
    }
}

fn replace_all<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    let Some((pattern, text)) = subject(run, call, &input)? else { return Some(input) };
    let to = run.text_arg(call, 1, &input, scope)?;
    // Each `$` of the replacement may bring the whole match once more.
    let groups = to.matches('$').count();
    let mut made = String::with_capacity(text.len());
    let mut begin = 0;
    for found in pattern.captures_iter(&text) {
        let Some(whole) = found.get(0) else { continue };
        run.work(searched(&text, whole.end()))?;
        run.work_text(to.len() + whole.len().saturating_mul(groups))?;
        made.push_str(&text[begin..whole.start()]);
        found.expand(&to, &mut made);
        begin = whole.end();
    }
    made.push_str(&text[begin..]);
    Some(Held::text(made))
}
