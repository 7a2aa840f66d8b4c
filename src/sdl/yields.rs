//! Whether the texts of a connector beside its selection yield what is wanted of them, as far as can be known.

use super::directives::connect::ConnectDirective;
use super::directives::source::{Errors, Header, HeaderSide, HttpSide, SourceDirective};
use super::fits::{always, is_scalar, said};
use super::gather::Site;
use super::reader::{Reader, Text};
use crate::mapping::{Dialect, Program, Shape, Template};

/// Checks the texts of a `@connect`.
pub(super) fn check_connect(connect: &ConnectDirective, dialect: Dialect, reader: &mut Reader<'_, '_>) {
    let on_field = matches!(connect.site, Site::Field(..));
    let mut yields = Yields { dialect, reader, on_field };
    yields.template(&connect.url, "INVALID_URL", "a URL");
    yields.braces(&connect.url);
    yields.http(&connect.http);
    yields.verdict(connect.is_success.as_ref());
    yields.errors(&connect.errors);
}

/// Checks the texts of a `@source`.
pub(super) fn check_source(source: &SourceDirective, dialect: Dialect, reader: &mut Reader<'_, '_>) {
    let mut yields = Yields { dialect, reader, on_field: false };
    yields.http(&source.http);
    yields.verdict(source.is_success.as_ref());
    yields.errors(&source.errors);
}

struct Yields<'r, 'p, 'f> {
    dialect: Dialect,
    on_field: bool,
    reader: &'r mut Reader<'p, 'f>,
}

impl Yields<'_, '_, '_> {
    fn http(&mut self, http: &HttpSide) {
        for Header { value, .. } in &http.headers {
            if let HeaderSide::Value(text) = value {
                self.template(text, "INVALID_HEADER", "a header");
            }
        }
        let code = "INVALID_URL_PROPERTY";
        self.mapping(http.path.as_ref(), code, "`path` must yield a list of segments", is_single, |found| {
            matches!(found, Shape::Object { .. })
                .then_some("write the segments into brackets: `$([$args.id, \"notes\"])`")
        });
        let no_object = |shape: &Shape| matches!(shape, Shape::List(_)) || is_scalar(shape);
        self.mapping(http.query_params.as_ref(), code, "`queryParams` must yield an object", no_object, |_| {
            Some("write `name: value` for each parameter")
        });
    }

    fn verdict(&mut self, text: Option<&Text>) {
        let no_flag = |shape: &Shape| !matches!(shape, Shape::Bool | Shape::Unknown);
        self.mapping(text, "INVALID_IS_SUCCESS", "`isSuccess` must yield true or false", no_flag, |found| {
            Some(match found {
                Shape::Object { .. } | Shape::Mapped(_) => "begin the path with `$.`, and compare: `$.ok->eq(true)`",
                _ => "compare it: `$.status->eq(\"ok\")`",
            })
        });
    }

    fn errors(&mut self, errors: &Errors) {
        let code = "INVALID_ERRORS_MESSAGE";
        let no_text = |shape: &Shape| !matches!(shape, Shape::Text | Shape::Unknown);
        self.mapping(errors.message.as_ref(), code, "`errors.message` must yield text", no_text, |found| {
            Some(match found {
                Shape::Object { .. } | Shape::Mapped(_) => "begin the path with `$.`: `$.error.message`",
                _ => "turn it into text: `->toString`",
            })
        });
        let no_object = |shape: &Shape| matches!(shape, Shape::List(_)) || is_scalar(shape);
        self.mapping(errors.extensions.as_ref(), code, "`errors.extensions` must yield an object", no_object, |_| {
            Some("write `name: value` for each extension: `code: $.error.code`")
        });
    }

    /// A mapping that must not be of a kind in all its alternatives.
    fn mapping(
        &mut self,
        text: Option<&Text>,
        code: &'static str,
        wanted: &str,
        is_wrong: impl Fn(&Shape) -> bool + Copy,
        help: impl Fn(&Shape) -> Option<&'static str>,
    ) {
        let Some(text) = text else { return };
        // What cannot be read has been told already.
        let Ok(program) = Program::parse(&text.text, self.dialect) else { return };
        if always(program.gives(), is_wrong) {
            let found = match program.gives() {
                Shape::Mapped(item) => item,
                shape => shape,
            };
            let message = format!("{wanted}, but it yields {}", said(found));
            self.reader.problems.error(code, text.inside(), message).help = help(found).map(str::to_owned);
        }
    }

    /// Variables that are written without braces, and so are plain text.
    fn braces(&mut self, text: &Text) {
        let Ok(template) = Template::parse(&text.text, self.dialect) else { return };
        let expressions: Vec<_> = template.shapes().map(|(_, span)| span).collect();
        for variable in ["$args.", "$this.", "$batch.", "$config.", "$env."] {
            for (at, _) in text.text.match_indices(variable) {
                if expressions.iter().any(|span| span.contains(&at)) {
                    continue;
                }
                let name = |letter: char| letter.is_ascii_alphanumeric() || "_.$".contains(letter);
                let length = text.text[at..].find(|letter| !name(letter)).unwrap_or(text.text.len() - at);
                let written = &text.text[at..at + length];
                let message = format!("`{written}` stands in the URL as it is written, not as its value");
                self.reader
                    .problems
                    .warning("BRACES_MISSING", text.at(at..at + length), message)
                    .help(format!("write `{{{written}}}`"));
            }
        }
    }

    /// Expressions in literal text: each becomes text, which lists and objects cannot.
    fn template(&mut self, text: &Text, code: &'static str, what: &str) {
        let Ok(template) = Template::parse(&text.text, self.dialect) else { return };
        for (shape, span) in template.shapes() {
            let composite = |shape: &Shape| matches!(shape, Shape::List(_) | Shape::Object { .. });
            // Where $batch does not belong at all, that is told.
            let misplaced = self.on_field && text.text.get(span.clone()).is_some_and(|text| text.contains("$batch"));
            if misplaced || !always(&shape, composite) {
                continue;
            }
            let message = format!("{} cannot stand in {what}", said(&shape));
            let help = match text.text.get(span.start + 1..span.end - 1) {
                Some(inner) if matches!(shape, Shape::List(_)) => {
                    format!("join its elements: `{{{}->joinNotNull(',')}}`", inner.trim())
                }
                _ => "take one value of it: `.key`".to_owned(),
            };
            self.reader.problems.error(code, text.at(span), message).help(help);
        }
    }
}

/// Neither a list nor anything that may be one.
fn is_single(shape: &Shape) -> bool {
    matches!(shape, Shape::Object { .. }) || is_scalar(shape)
}
