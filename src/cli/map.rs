//! `c360 map`: tries a selection on a JSON file.

use std::fmt::Write as _;
use std::fs;
use std::io::{IsTerminal, Read};
use std::ops::Range;

use clap::{Args, ValueEnum};
use serde_json::{Map as JsonMap, Value as Json, json};

use super::Failure;
use super::say::say;
use crate::mapping::{Dialect, Needs, Object, Problem, Program, Shape, Value, Variables, Version};
use crate::sdl::{self, Severity, SourceText};

/// Variables that a mapping may be given.
const VARIABLES: [&str; 8] = ["args", "this", "batch", "config", "context", "request", "response", "status"];
/// How deep shapes are written out.
const MAX_SHAPE_DEPTH: usize = 16;

/// Try a selection on JSON: the value, what went wrong and where, what it needs and gives
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    c360 map '$.users { id: id->toString name }' answer.json\n  \
    curl -s https://example.com/users | c360 map @users.selection -\n  \
    c360 map 'id tag: $config.tag' answer.json --var 'config={\"tag\": \"vip\"}' --var status=200\n\n\
    The value goes to standard output, all else to standard error. Exit codes: 0 the selection ran, with or without\n\
    problems; 1 it cannot be read, or the input cannot.")]
pub(super) struct Map {
    /// The selection, or @FILE that holds it
    #[arg(value_name = "SELECTION")]
    selection: String,
    /// File with JSON, or - for standard input
    #[arg(value_name = "INPUT")]
    input: String,
    /// A variable: args, this, batch, config, context, status, or request and response as {"headers": {…}}
    #[arg(long = "var", value_name = "NAME=JSON")]
    variables: Vec<String>,
    /// The version of the language
    #[arg(long, value_enum, default_value_t)]
    version: Level,
    /// Without the methods that are ours
    #[arg(long)]
    portable: bool,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A version of the connect specification.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Level {
    #[value(name = "v0.1")]
    V0_1,
    #[value(name = "v0.2")]
    V0_2,
    #[value(name = "v0.3")]
    V0_3,
    #[default]
    #[value(name = "v0.4")]
    V0_4,
}

/// What is printed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// The value as JSON; problems drawn, needs and gives as lines
    #[default]
    Human,
    /// One JSON document with all of it
    Json,
}

impl Map {
    pub(super) fn run(self) -> Result<(), Failure> {
        let file = self.selection_text()?;
        let bytes = self.input_bytes()?;
        if bytes.trim_ascii().is_empty() {
            return Err(format!("{}: is empty, expected JSON", self.input).into());
        }
        let read = Value::read(&bytes).map_err(|why| format!("{}: {why}", self.input))?;
        let given = self.given()?;
        let version = match self.version {
            Level::V0_1 => Version::V0_1,
            Level::V0_2 => Version::V0_2,
            Level::V0_3 => Version::V0_3,
            Level::V0_4 => Version::V0_4,
        };
        let dialect = Dialect { version, extensions: !self.portable };
        let program = match Program::parse(&file.text, dialect) {
            Ok(program) => program,
            Err(problems) => return self.refuse(&problems, &file),
        };
        let header = |name: &str| given.get(name).and_then(|value| value.get("headers"));
        let nothing = Value::Object(Object::default());
        let variables = Variables {
            args: given.get("args"),
            this: given.get("this"),
            batch: given.get("batch"),
            config: given.get("config").or(Some(&nothing)),
            env: Some(&crate::config::variable),
            context: given.get("context"),
            request_headers: header("request"),
            response_headers: header("response"),
            status: given.get("status").map(Json::from).and_then(|status| u16::try_from(status.as_u64()?).ok()),
        };
        let outcome = program.run(Some(&read), &variables);
        let value = outcome.value.as_ref().map(Json::from);
        match self.format {
            Format::Json => {
                let mut told = json!({
                    "missing": value.is_none(),
                    "problems": outcome.problems.iter().map(|problem| placed(problem, &file)).collect::<Vec<_>>(),
                    "problemCount": outcome.problem_count,
                    "needs": needs(program.needs()),
                    "gives": shape(program.gives(), 0),
                });
                told["value"] = value.unwrap_or(Json::Null);
                say(format_args!("{told:#}\n"));
            }
            Format::Human => {
                match &outcome.value {
                    Some(value) => say(pretty(value, 0) + "\n"),
                    None => eprintln!("nothing comes of it: the value is missing, which is not null"),
                }
                eprint!("{}", drawn(&outcome.problems, &file, Severity::Warning));
                let needs = needs(program.needs());
                let needs = if needs.is_empty() { "nothing but the input".to_owned() } else { needs.join(", ") };
                eprintln!("needs: {needs}\ngives: {}", shape(program.gives(), 0));
            }
        }
        Ok(())
    }

    fn selection_text(&self) -> Result<SourceText, Failure> {
        match self.selection.strip_prefix('@') {
            // `@` and `@.a` and `@->m` are selections of their own.
            Some(name) if !name.is_empty() && !name.starts_with(['.', '-', '{', ' ', '?']) => {
                let text = fs::read_to_string(name).map_err(|why| format!("{name}: cannot be read: {why}"))?;
                Ok(SourceText { name: name.to_owned(), text })
            }
            _ => Ok(SourceText { name: "selection".to_owned(), text: self.selection.clone() }),
        }
    }

    fn input_bytes(&self) -> Result<Vec<u8>, Failure> {
        let unread = |why: std::io::Error| format!("{}: cannot be read: {why}", self.input);
        if self.input != "-" {
            return Ok(fs::read(&self.input).map_err(unread)?);
        }
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map_err(unread)?;
        Ok(bytes)
    }

    fn given(&self) -> Result<std::collections::BTreeMap<String, Value<'static>>, Failure> {
        let mut given = std::collections::BTreeMap::new();
        for written in &self.variables {
            let Some((name, text)) = written.split_once('=') else {
                return Err(format!("--var {written}: expected NAME=JSON, such as args={{\"id\": \"1\"}}").into());
            };
            let name = name.trim().trim_start_matches('$');
            if !VARIABLES.contains(&name) {
                return Err(format!("--var {name}: no such variable; there are {}", VARIABLES.join(", ")).into());
            }
            let value = Value::read(text.as_bytes()).map_err(|why| format!("--var {name}: {why}"))?;
            given.insert(name.to_owned(), value.into_owned());
        }
        Ok(given)
    }

    fn refuse(&self, problems: &[Problem], file: &SourceText) -> Result<(), Failure> {
        if let Format::Json = self.format {
            let problems: Vec<Json> = problems.iter().map(|problem| placed(problem, file)).collect();
            say(format_args!("{:#}\n", json!({ "invalid": true, "problems": problems })));
            return Err("the selection cannot be read".into());
        }
        Err(drawn(problems, file, Severity::Error).into())
    }
}

/// JSON over several lines, keys in the order in which the selection gives them.
fn pretty(value: &Value<'_>, depth: usize) -> String {
    let (inner, outer) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    let lines = |open: char, close: char, lines: Vec<String>| {
        format!("{open}\n{inner}{}\n{outer}{close}", lines.join(&format!(",\n{inner}")))
    };
    match value {
        Value::List(items) if !items.is_empty() => {
            lines('[', ']', items.iter().map(|item| pretty(item, depth + 1)).collect())
        }
        Value::Object(object) if !object.is_empty() => {
            let member =
                |(key, value): (&str, &Value<'_>)| format!("{}: {}", Json::from(key), pretty(value, depth + 1));
            lines('{', '}', object.iter().map(member).collect())
        }
        flat => Json::from(flat).to_string(),
    }
}

/// Line and column (in characters) of a byte, from 1.
fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap_or_default().chars().count() + 1)
}

fn placed(problem: &Problem, file: &SourceText) -> Json {
    let (line, column) = line_and_column(&file.text, problem.span.start);
    let Range { start, end } = problem.span;
    json!({ "message": problem.message, "help": problem.help, "line": line, "column": column, "start": start, "end": end })
}

fn drawn(problems: &[Problem], file: &SourceText, severity: Severity) -> String {
    let told: Vec<sdl::Problem> = problems
        .iter()
        .map(|problem| {
            let (line, column) = line_and_column(&file.text, problem.span.start);
            sdl::Problem {
                severity,
                code: if severity == Severity::Error { "INVALID_SELECTION" } else { "MAPPING_PROBLEM" },
                file: file.name.clone(),
                line,
                column,
                span: problem.span.clone(),
                message: problem.message.clone(),
                help: problem.help.clone(),
                related: Vec::new(),
            }
        })
        .collect();
    sdl::draw(&told, std::slice::from_ref(file), std::io::stderr().is_terminal())
}

/// What a program reads besides its input, as it is written in mappings.
fn needs(needs: &Needs) -> Vec<String> {
    let mut named = Vec::new();
    let groups = [
        ("$args", &needs.args),
        ("$this", &needs.this),
        ("$batch", &needs.batch),
        ("$config", &needs.config),
        ("$env", &needs.env),
        ("$context", &needs.context),
    ];
    for (variable, paths) in groups {
        named.extend(paths.iter().map(|path| {
            path.iter().fold(variable.to_owned(), |mut text, key| {
                // Writing into a String cannot fail.
                let _ = write!(text, ".{key}");
                text
            })
        }));
    }
    named.extend(needs.request_headers.iter().map(|name| format!("$request.headers.{name}")));
    let flags = [
        (needs.all_request_headers, "$request.headers"),
        (needs.response_headers, "$response.headers"),
        (needs.status, "$status"),
    ];
    named.extend(flags.into_iter().filter(|(is_read, _)| *is_read).map(|(_, name)| name.to_owned()));
    named
}

/// A shape as a text of its own: words for scalars, `[…]` for lists, keys for objects. `?` is anything.
fn shape(of: &Shape, depth: usize) -> Json {
    if depth > MAX_SHAPE_DEPTH {
        return "…".into();
    }
    match of {
        Shape::Unknown => "?".into(),
        Shape::Missing => "missing".into(),
        Shape::Null => "null".into(),
        Shape::Bool => "boolean".into(),
        Shape::Int => "whole number".into(),
        Shape::Float => "number".into(),
        Shape::Text => "string".into(),
        Shape::List(item) => json!([shape(item, depth + 1)]),
        Shape::Mapped(item) => json!({ "one or a list of": shape(item, depth + 1) }),
        Shape::OneOf(shapes) => {
            json!({ "one of": shapes.iter().map(|one| shape(one, depth + 1)).collect::<Vec<_>>() })
        }
        Shape::Object { fields, open } => {
            let mut members: JsonMap<String, Json> =
                fields.iter().map(|(key, value)| (key.clone(), shape(value, depth + 1))).collect();
            if *open {
                members.insert("…".to_owned(), "?".into());
            }
            members.into()
        }
    }
}
