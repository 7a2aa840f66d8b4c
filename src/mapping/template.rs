//! Text with `{expression}`s in it: URLs and header values.

use std::borrow::Cow;
use std::ops::Range;

use super::held::Held;
use super::lexer;
use super::needs::{Needs, NeedsOf};
use super::problem::Problem;
use super::run::{Run, Scope};
use super::shape::{Shape, infer_expr};
use super::syntax::Expr;
use super::variables::Variables;
use super::{Dialect, outline, parse};

/// A URL or header template: literal text with `{expression}`s.
#[derive(Debug)]
pub struct Template {
    text: String,
    pub(super) parts: Vec<TemplatePart>,
    needs: Needs,
}

#[derive(Debug)]
pub(super) enum TemplatePart {
    Literal(String),
    Expr { expr: Expr, span: Range<usize> },
}

impl Template {
    /// Compiles a template.
    ///
    /// Errors: a `{` that is never closed, and every problem of every expression; spans are within `text`.
    pub fn parse(text: &str, dialect: Dialect) -> Result<Template, Vec<Problem>> {
        let mut parts = Vec::new();
        let mut problems = Vec::new();
        let mut needs = Needs::default();
        let mut at = 0;
        while let Some(found) = text[at..].find('{') {
            let open = at + found;
            literal(&text[at..open], &mut parts);
            let Some(close) = closing(text, open) else {
                problems.push(Problem {
                    message: "a `{` that is never closed".into(),
                    span: open..open + 1,
                    help: Some("close it with `}`".into()),
                });
                at = text.len();
                break;
            };
            let inner = &text[open + 1..close];
            match parse::expression(inner, dialect) {
                Ok(expr) => {
                    let mut walk = NeedsOf::new(inner);
                    walk.used_expr(&expr);
                    let mut found = walk.end();
                    let mentions = std::mem::take(&mut found.spans);
                    let moved = mentions.into_iter().map(|(name, span)| (name, moved(span, open + 1)));
                    needs.spans.extend(moved);
                    needs.merge(&found);
                    parts.push(TemplatePart::Expr { expr, span: open..close + 1 });
                }
                Err(found) => problems.extend(found.into_iter().map(|mut problem| {
                    problem.span = moved(problem.span, open + 1);
                    problem
                })),
            }
            at = close + 1;
        }
        literal(&text[at..], &mut parts);
        if problems.is_empty() { Ok(Template { text: text.to_owned(), parts, needs }) } else { Err(problems) }
    }

    /// What its expressions read.
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// What each expression certainly yields, as far as it can be known, and where it is written.
    pub fn shapes(&self) -> impl Iterator<Item = (Shape, Range<usize>)> {
        self.expressions().map(|(expr, span)| (infer_expr(expr), span))
    }

    /// Methods beyond the connect specification, and where they are written.
    pub fn extensions(&self) -> Vec<(&'static str, Range<usize>)> {
        let found = self.expressions().flat_map(|(expr, span)| {
            let inner = self.text.get(span.start + 1..span.end - 1).unwrap_or_default();
            let found = outline::of_expr(inner, expr).extensions;
            found.into_iter().map(move |(name, place)| (name, moved(place, span.start + 1)))
        });
        found.collect()
    }

    fn expressions(&self) -> impl Iterator<Item = (&Expr, Range<usize>)> {
        self.parts.iter().filter_map(|part| match part {
            TemplatePart::Expr { expr, span } => Some((expr, span.clone())),
            TemplatePart::Literal(_) => None,
        })
    }

    /// The template as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether there is no expression in it.
    pub fn is_literal(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, TemplatePart::Literal(_)))
    }

    /// The text with its expressions' values in their places, not encoded in any way.
    ///
    /// Errors: an expression that yields an array or an object.
    pub fn fill(&self, variables: &Variables<'_>) -> Result<String, Vec<Problem>> {
        let mut filled = String::with_capacity(self.text.len());
        self.pieces(variables, |piece| match piece {
            Piece::Literal(text) => filled.push_str(text),
            Piece::Value(text) => filled.push_str(&text),
        })?;
        Ok(filled)
    }

    /// Gives literal text and expressions' values one after another.
    pub(super) fn pieces<'v>(
        &'v self,
        variables: &Variables<'v>,
        mut take: impl FnMut(Piece<'v>),
    ) -> Result<(), Vec<Problem>> {
        let mut run = Run::new(variables);
        let nothing = Held::null();
        let scope = Scope { input: &nothing, current: &nothing };
        for part in &self.parts {
            match part {
                TemplatePart::Literal(text) => take(Piece::Literal(text)),
                TemplatePart::Expr { expr, span } => {
                    let value = run.expr(expr, scope).unwrap_or_else(Held::null);
                    match run.scalar_text(&value) {
                        Some(text) => take(Piece::Value(text)),
                        None => {
                            return Err(vec![Problem {
                                message: format!("a template takes scalars, found {}", value.kind()),
                                span: span.clone(),
                                help: Some("join a list with `->joinNotNull(',')`".into()),
                            }]);
                        }
                    }
                }
            }
        }
        let ended = run.end();
        if ended.exhausted { Err(ended.problems) } else { Ok(()) }
    }
}

/// One piece of a filled template.
pub(super) enum Piece<'v> {
    Literal(&'v str),
    Value(Cow<'v, str>),
}

/// Literal text; line ends, the indentation after them, and tabs are there for the writer only.
fn literal(text: &str, parts: &mut Vec<TemplatePart>) {
    let mut line_begins = false;
    let kept: String = text
        .chars()
        .filter(|char| match char {
            '\n' | '\r' => {
                line_begins = true;
                false
            }
            '\t' | '\u{c}' => false,
            ' ' if line_begins => false,
            _ => {
                line_begins = false;
                true
            }
        })
        .collect();
    if !kept.is_empty() {
        parts.push(TemplatePart::Literal(kept));
    }
}

/// Where the brace closes that opens at `open`; braces nest, and those in strings and comments do not count.
fn closing(text: &str, open: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = open;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            b'"' | b'\'' => at = lexer::quoted(text, at)?.1 - 1,
            b'#' => {
                while bytes.get(at + 1).is_some_and(|&b| b != b'\n') {
                    at += 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn moved(span: Range<usize>, by: usize) -> Range<usize> {
    span.start + by..span.end + by
}
