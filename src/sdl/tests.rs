//! Tables: schema in; problems, contract or a summary of the catalog out.

use std::fmt::Write;

use super::{Problem, Reading, SourceText, read};
use crate::catalog::{Catalog, ConnectorId, Layout, Node, Role, Routes, Site, TypeKind};

mod contracts;
mod linked;
mod literals;
mod mistakes;
mod shipped;
mod speed;

/// One file called `a.graphql`; further ones begin with a line `## name`.
fn files(text: &str) -> Vec<SourceText> {
    let mut files = vec![SourceText { name: "a.graphql".into(), text: String::new() }];
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("## ") {
            Some(name) => files.push(SourceText { name: name.trim().into(), text: String::new() }),
            None => files.last_mut().unwrap().text.push_str(line),
        }
    }
    files
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

/// Links every specification, with all that a file may import.
const LINKS: &str = r#"extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @link(url: "https://specs.apollo.dev/federation/v2.13", import: ["@key"])
  @link(url: "https://c360.dev/spec/v0.1", import: ["@department", "@lookup", "@connection", "@cache",
    "@inaccessible", "@paginate", "@call", "@failure", "@webhook", "@normalize", "@prefer"])
  @source(name: "desk", http: { baseURL: "https://desk.example.com/api" })
  @source(name: "shop", http: { baseURL: "https://shop.example.com" })
"#;

/// The problems of a schema that links everything in line 1 to 7.
fn mistakes(text: &str) -> String {
    match read(&files(&format!("{LINKS}{text}"))) {
        Ok(reading) => listed(&reading.warnings),
        Err(problems) => listed(&problems),
    }
}

fn reading(text: &str) -> Reading {
    read(&files(text)).unwrap_or_else(|problems| panic!("{}", listed(&problems)))
}

/// Connectors with what they need and give, and for each entity the chains from each of its keys.
fn summary(catalog: &Catalog) -> String {
    let mut out = String::new();
    for connector in &catalog.connectors {
        let site = match &connector.site {
            Site::Type(ty) => catalog.ty(*ty).name.clone(),
            Site::Field { on, field } => format!("{}.{field}", catalog.ty(*on).name),
        };
        let department = &catalog.department(connector.department).name;
        write!(out, "{} on {site} [{department}]", connector.id).unwrap();
        if !connector.needs.is_empty() || connector.batch.is_some() {
            write!(out, " needs {}", connector.needs.join(" ")).unwrap();
        }
        if !connector.args.is_empty() {
            write!(out, " args {}", connector.args.join(" ")).unwrap();
        }
        if let Some(batch) = connector.batch {
            write!(out, " batch {:?}", batch.max_size).unwrap();
        }
        writeln!(out, " gives {}", laid(&connector.gives)).unwrap();
    }
    for (index, ty) in catalog.types.iter().enumerate() {
        let TypeKind::Object(object) = &ty.kind else { continue };
        for (name, field) in &object.fields {
            if let Role::Lookup(lookup) = &field.role {
                let exists: Vec<&str> = lookup.exists.iter().map(|id| catalog.connector(*id).id.as_str()).collect();
                let entity = &catalog.ty(lookup.entity).name;
                writeln!(out, "{}.{name} finds {entity} by {:?} exists {exists:?}", ty.name, lookup.keys).unwrap();
            }
        }
        for key in &object.keys {
            let id = crate::catalog::TypeId(u32::try_from(index).unwrap());
            let routes = Routes::find(catalog, id, key.iter().cloned());
            writeln!(out, "{} by {}:", ty.name, key.join(" ")).unwrap();
            for call in (0..catalog.connectors.len()).map(|at| ConnectorId(u32::try_from(at).unwrap())) {
                if let Some(route) = routes.route(call) {
                    let calls: Vec<&str> = route.calls.iter().map(|id| catalog.connector(*id).id.as_str()).collect();
                    writeln!(out, "  {}: {}", catalog.connector(call).id, calls.join(" ")).unwrap();
                }
            }
        }
    }
    out
}

fn laid(layout: &Layout) -> String {
    let slots = layout.slots.iter().map(|slot| match &slot.node {
        Node::Scalar(_) | Node::Enum(_) => slot.field.clone(),
        Node::Object(inner) => format!("{} {}", slot.field, laid(inner)),
        Node::Abstract(layouts) => {
            let inner: Vec<String> = layouts.iter().map(|(name, layout)| format!("{name} {}", laid(layout))).collect();
            format!("{} <{}>", slot.field, inner.join(" | "))
        }
    });
    format!("{{{}}}", slots.collect::<Vec<_>>().join(" "))
}
