//! What of a schema other implementations of connect/v0.4 would not run, or would run otherwise.

use std::collections::HashMap;

use apollo_compiler::ast::{Document, Value};
use apollo_compiler::parser::Parser;
use apollo_compiler::{Name, Node};

use super::directives::Word;
use super::directives::link::Links;
use super::gather::{Applied, Gathered};
use super::problem::{Problem, Problems};
use super::reader::{Reader, Text};
use super::source_text::{Files, Place, SourceText};
use crate::mapping::{Dialect, Program, Template};

/// Reads the files of a schema that can be served here, for what keeps it from being served elsewhere.
///
/// Shape: errors for what would not run or would mean something else, warnings for what would be left out without
/// changing an answer; in the order of files and lines. Files that cannot be read are passed over: [`super::read()`]
/// tells why.
pub fn portability(files: &[SourceText]) -> Vec<Problem> {
    let mut known = Files::new(files);
    let parsed = files.iter().enumerate().filter_map(|(index, file)| {
        let document = Parser::new().recursion_limit(200).parse_ast(file.text.as_str(), file.name.as_str()).ok()?;
        Some((index, document))
    });
    let mut parsed: Vec<(usize, Document)> = parsed.collect();
    for (index, document) in &parsed {
        for id in document.sources.keys() {
            known.learn(*id, *index);
        }
    }
    // What is wrong with the directives themselves has been told by the reading that comes before this one.
    let mut aside = Problems::new(&known);
    let mut gathered = Gathered::default();
    for (index, document) in &mut parsed {
        gathered.take(document, *index, &mut Reader { files: &known, problems: &mut aside });
    }
    let mut problems = Problems::new(&known);
    let mut reader = Reader { files: &known, problems: &mut problems };
    let positions: HashMap<usize, usize> = parsed.iter().enumerate().map(|(at, (file, _))| (*file, at)).collect();
    for applied in &gathered.applied {
        let Some(links) = positions.get(&applied.place.file).and_then(|at| gathered.links.get(*at)) else { continue };
        check(applied, links, &mut reader);
    }
    federation(&gathered.applied, &mut reader);
    for (_, document) in &parsed {
        coverage(document, &mut reader);
    }
    problems.into_sorted()
}

const CODE: &str = "NOT_PORTABLE";

fn check(applied: &Applied, links: &Links, reader: &mut Reader<'_, '_>) {
    let name = &applied.node.name;
    let place = applied.place;
    match applied.word {
        Word::Source | Word::Connect => {
            for argument in &applied.node.arguments {
                member(&argument.name, &argument.value, links.dialect, reader);
            }
        }
        Word::Link => link(applied, reader),
        Word::Department | Word::Cache | Word::Call | Word::Webhook => {
            let message = format!("@{name} means nothing elsewhere: answers are the same without it");
            reader.problems.warning(CODE, place, message).help("there it has to be left out, or declared");
        }
        Word::Inaccessible if links.is_ours(name) => {
            let message = format!("@{name} is taken from this gateway's own specification");
            reader.problems.error(CODE, place, message).help("import @inaccessible from federation instead");
        }
        word => {
            if let Some((loss, help)) = meaning(word) {
                let message = format!("@{name} is unknown elsewhere: {loss}");
                reader.problems.error(CODE, place, message).help(help);
            }
        }
    }
}

/// What is lost without a directive, and what to do instead.
fn meaning(word: Word) -> Option<(&'static str, &'static str)> {
    Some(match word {
        Word::Lookup => ("nobody would give this field", "write a root connector with `entity: true`"),
        Word::Connection => ("the field would be a plain list", "declare the connection's types, and select them"),
        Word::Paginate => ("only the first page would be read", "raise the page size, or hand the paging arguments on"),
        Word::Failure => ("answers would be judged by their status alone", "use `isSuccess` where that is enough"),
        Word::Normalize => ("keys would be sent and matched as they are written", "let the selections turn them alike"),
        Word::Prefer => ("nothing would order those who give this field", "let one connector give it"),
        _ => return None,
    })
}

/// Federation has to be linked beside connectors.
fn federation(applied: &[Applied], reader: &mut Reader<'_, '_>) {
    let links = |url: &str| {
        let found =
            applied.iter().filter(|applied| applied.word == Word::Link && applied.node.to_string().contains(url));
        found.map(|applied| applied.place).collect::<Vec<Place>>()
    };
    let federation = links("/federation/v2.");
    for place in links("/connect/v0.") {
        if !federation.iter().any(|other| other.file == place.file) {
            let message = "this file links connect, and not federation, which elsewhere has to stand beside it";
            let link = "@link(url: \"https://specs.apollo.dev/federation/v2.13\", import: [\"@key\"])";
            reader.problems.error(CODE, place, message).help(format!("add {link}"));
        }
    }
}

/// In a version that knows connectors.
fn link(applied: &Applied, reader: &mut Reader<'_, '_>) {
    let url = applied.node.arguments.iter().find(|argument| argument.name == "url");
    let Some(text) = url.and_then(|url| reader.text("`url`", &url.value)) else { return };
    let minor = |marker: &str| {
        let (_, version) = text.text.split_once(marker)?;
        version.parse::<u32>().ok()
    };
    if let Some(minor) = minor("/federation/v2.")
        && minor < 10
    {
        let message = format!("federation v2.{minor} knows no connectors");
        reader
            .problems
            .error(CODE, text.inside(), message)
            .help("connect/v0.1 needs federation v2.10, v0.2 needs v2.11, v0.3 needs v2.12, v0.4 needs v2.13");
    }
}

/// Walks the values of `@source` and `@connect`: every string may be a mapping or a template.
fn member(name: &Name, value: &Node<Value>, dialect: Dialect, reader: &mut Reader<'_, '_>) {
    if let Some(fields) = value.as_object() {
        for (name, value) in fields {
            member(name, value, dialect, reader);
        }
    } else if let Some(items) = value.as_list() {
        for item in items {
            member(name, item, dialect, reader);
        }
    } else if let Some(text) = value.as_str().and_then(|_| reader.text("", value)) {
        match name.as_str() {
            "id" => connector_id(&text, reader),
            "name" | "source" | "from" => {}
            "baseURL" | "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "value" => {
                let found = Template::parse(&text.text, dialect).map(|template| template.extensions());
                methods(&text, found.unwrap_or_default(), reader);
            }
            _ => {
                let found = Program::parse(&text.text, dialect).map(|program| program.outline().extensions);
                methods(&text, found.unwrap_or_default(), reader);
            }
        }
    }
}

fn methods(text: &Text, found: Vec<(&'static str, std::ops::Range<usize>)>, reader: &mut Reader<'_, '_>) {
    for (name, span) in found {
        let message = format!("`->{name}` is one of this gateway's own methods");
        let problem = reader.problems.error(CODE, text.at(span), message);
        if let Some(instead) = instead(name) {
            problem.help(instead);
        }
    }
}

fn instead(method: &str) -> Option<&'static str> {
    Some(match method {
        "toInt" => "connect has `->parseInt`",
        "toBool" => "connect has `->match` and `->eq`",
        "concat" => "connect has `->joinNotNull` over a list",
        _ => return None,
    })
}

fn connector_id(id: &Text, reader: &mut Reader<'_, '_>) {
    if id.text.contains('-') {
        let message = format!("elsewhere a connector's id is a GraphQL name, and `{}` has a `-`", id.text);
        reader.problems.error(CODE, id.inside(), message).help(format!("write `{}`", id.text.replace('-', "_")));
    }
}

/// Fields that the gateway itself fills.
fn coverage(document: &Document, reader: &mut Reader<'_, '_>) {
    for definition in &document.definitions {
        let fields = match (definition.as_object_type_definition(), definition.as_object_type_extension()) {
            (Some(def), _) => &def.fields,
            (_, Some(def)) => &def.fields,
            _ => continue,
        };
        for field in fields.iter().filter(|field| field.ty.inner_named_type() == "Coverage") {
            let place = reader.files.place(field.name.location());
            let message = format!("{} is filled by this gateway, and by nobody elsewhere", field.name);
            reader.problems.error(CODE, place, message);
        }
    }
}
