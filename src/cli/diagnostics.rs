//! Problems in the forms that programs read.

use std::path::Path;

use serde::Serialize;

use crate::{config, sdl};

/// How problems are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Drawn with their source lines, on standard error
    Human,
    /// One JSON array on standard output
    Json,
    /// GitHub workflow commands on standard output
    Github,
}

/// One problem; lines and columns count from 1, columns in characters, ends are exclusive.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Diagnostic {
    severity: &'static str,
    /// Stable; `docs/check.md` has each.
    code: &'static str,
    message: String,
    help: Option<String>,
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    related: Vec<Elsewhere>,
}

/// Another place that belongs to a problem.
#[derive(Debug, Serialize)]
struct Elsewhere {
    message: String,
    file: String,
    line: usize,
    column: usize,
}

impl Diagnostic {
    /// Files are named from where the command was called, so that tools find them.
    pub fn of_schema(problem: &sdl::Problem, folder: &Path, files: &[sdl::SourceText]) -> Diagnostic {
        let named = |file: &str| folder.join(file).to_string_lossy().trim_start_matches("./").to_owned();
        let text = files.iter().find(|file| file.name == problem.file).map(|file| file.text.as_str());
        let end = text.and_then(|text| text.get(..problem.span.end)).map(|before| {
            let last = before.rsplit('\n').next().unwrap_or("");
            (before.matches('\n').count() + 1, last.chars().count() + 1)
        });
        let related = problem.related.iter().map(|related| Elsewhere {
            message: related.message.clone(),
            file: named(&related.file),
            line: related.line,
            column: related.column,
        });
        Diagnostic {
            severity: match problem.severity {
                sdl::Severity::Error => "error",
                sdl::Severity::Warning => "warning",
            },
            code: problem.code,
            message: problem.message.clone(),
            help: problem.help.clone(),
            file: Some(named(&problem.file)),
            line: Some(problem.line),
            column: Some(problem.column),
            end_line: end.map(|(line, _)| line),
            end_column: end.map(|(_, column)| column),
            related: related.collect(),
        }
    }

    pub fn of_config(problem: &config::Problem) -> Diagnostic {
        Diagnostic {
            file: Some(problem.file.clone()),
            line: Some(problem.line),
            column: Some(problem.column),
            help: problem.help.clone(),
            ..Self::new("CONFIGURATION", &problem.message)
        }
    }

    /// What has no place in a file.
    pub fn of_folder(sentence: &str) -> Diagnostic {
        Self::new("FOLDER", sentence)
    }

    fn new(code: &'static str, message: &str) -> Diagnostic {
        Diagnostic {
            severity: "error",
            code,
            message: message.to_owned(),
            help: None,
            file: None,
            line: None,
            column: None,
            end_line: None,
            end_column: None,
            related: Vec::new(),
        }
    }

    pub fn json(all: &[Diagnostic]) -> String {
        serde_json::to_string_pretty(all).expect("strings and numbers can be written as JSON") + "\n"
    }

    /// `::error file=…,line=…,col=…,title=…::message`
    pub fn github(&self) -> String {
        let mut properties = Vec::new();
        if let Some(file) = &self.file {
            properties.push(format!("file={}", escaped(file, true)));
        }
        let numbers =
            [("line", self.line), ("endLine", self.end_line), ("col", self.column), ("endColumn", self.end_column)];
        // GitHub refuses columns where a problem runs over several lines.
        let many_lines = self.end_line.is_some_and(|end| Some(end) != self.line);
        for (name, number) in numbers {
            if let Some(number) = number
                && !(many_lines && name == "endColumn")
            {
                properties.push(format!("{name}={number}"));
            }
        }
        properties.push(format!("title={}", escaped(self.code, true)));
        let message = match &self.help {
            Some(help) => format!("{}\nhelp: {help}", self.message),
            None => self.message.clone(),
        };
        format!("::{} {}::{}", self.severity, properties.join(","), escaped(&message, false))
    }
}

/// As workflow commands want it: `%` and line ends encoded, in properties `:` and `,` too.
fn escaped(text: &str, property: bool) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    if property { text.replace(':', "%3A").replace(',', "%2C") } else { text }
}
