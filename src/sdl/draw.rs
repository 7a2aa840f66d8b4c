//! Problems drawn with their source lines.

use std::collections::BTreeMap;
use std::ops::Range;

use ariadne::{Color, Config, IndexType, Label, Report, ReportKind, Source};

use super::problem::{Problem, Severity};
use super::source_text::SourceText;

/// Draws problems with the source lines they speak of, in the order given.
///
/// Shape: text for a terminal; `colour` adds ANSI colours where standard error is a terminal. A problem in a
/// file that is not among `files` is printed in its one-line form.
pub fn draw(problems: &[Problem], files: &[SourceText], colour: bool) -> String {
    let mut lines =
        Lines { files: files.iter().map(|file| (file.name.clone(), Source::from(file.text.clone()))).collect() };
    let mut out = Vec::new();
    for problem in problems {
        let drawn = report(problem, colour, &lines).and_then(|report| report.write(&mut lines, &mut out).ok());
        if drawn.is_none() {
            out.extend_from_slice(format!("{problem}\n").as_bytes());
        }
        out.push(b'\n');
    }
    String::from_utf8_lossy(&out).into_owned()
}

type Span<'p> = (&'p str, Range<usize>);

fn report<'p>(problem: &'p Problem, colour: bool, lines: &Lines) -> Option<Report<'p, Span<'p>>> {
    let span = lines.within(&problem.file, &problem.span)?;
    let (kind, ink) = match problem.severity {
        Severity::Error => (ReportKind::Error, Color::Red),
        Severity::Warning => (ReportKind::Warning, Color::Yellow),
    };
    let mut report = Report::build(kind, span.clone())
        .with_config(Config::new().with_index_type(IndexType::Byte).with_color(colour))
        .with_code(problem.code)
        .with_message(&problem.message)
        .with_label(Label::new(span).with_message("here").with_color(ink).with_order(-1));
    for related in &problem.related {
        if let Some(span) = lines.within(&related.file, &related.span) {
            report.add_label(Label::new(span).with_message(&related.message).with_color(Color::Cyan));
        }
    }
    if let Some(help) = &problem.help {
        report.set_help(help);
    }
    Some(report.finish())
}

struct Lines {
    files: BTreeMap<String, Source>,
}

impl Lines {
    /// The span, cut to its first line: a whole directive underlined hides more than it shows.
    fn within<'p>(&self, file: &'p str, span: &Range<usize>) -> Option<Span<'p>> {
        let text = self.files.get(file)?.text();
        let start = span.start.min(text.len());
        let end = span.end.clamp(start, text.len());
        let end = text.get(start..end)?.find('\n').map_or(end, |line| start + line);
        Some((file, start..end))
    }
}

impl<'p> ariadne::Cache<&'p str> for Lines {
    type Storage = String;

    fn fetch(&mut self, id: &&'p str) -> Result<&Source, impl std::fmt::Debug> {
        self.files.get(*id).ok_or_else(|| format!("{id} is not among the files"))
    }

    fn display<'a>(&self, id: &'a &'p str) -> Option<impl std::fmt::Display + 'a> {
        Some(*id)
    }
}
