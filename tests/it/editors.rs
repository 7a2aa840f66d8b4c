//! What editors are given: the directives' definitions and the JSON Schema of `gateway.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use apollo_compiler::Schema;
use apollo_compiler::ast::{Definition, Document};
use serde_json::Value as Json;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|why| panic!("{path}: {why}"))
}

/// Directive → its arguments, as the definitions have them.
fn defined() -> BTreeMap<String, BTreeSet<String>> {
    let document = Document::parse(c360::sdl::DIRECTIVES, "directives.graphql").unwrap();
    let directives = document.definitions.iter().filter_map(|definition| match definition {
        Definition::DirectiveDefinition(directive) => Some(directive),
        _ => None,
    });
    directives
        .map(|directive| {
            let arguments = directive.arguments.iter().map(|argument| argument.name.to_string()).collect();
            (directive.name.to_string(), arguments)
        })
        .collect()
}

/// Directive → its arguments, as the readers know them: the list given to `reader.arguments("@name", node, …)`.
fn read_by_the_code() -> BTreeMap<String, BTreeSet<String>> {
    let mut known = BTreeMap::new();
    for entry in fs::read_dir(root().join("src/sdl/directives")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let arguments = match text.split_once(&format!("reader.arguments(\"@{name}\"")) {
            _ if name == "mod" => continue,
            None => "",
            Some((before, after)) => {
                let list = after.split_once('[').map(|(head, list)| (head.contains("&known"), list));
                match list {
                    Some((false, list)) => list,
                    _ => {
                        before.rsplit_once("let known = [").unwrap_or_else(|| panic!("{name}: no list of arguments")).1
                    }
                }
            }
        };
        let list = arguments.split(']').next().unwrap();
        known.insert(name, list.split('"').skip(1).step_by(2).map(str::to_owned).collect());
    }
    // `@cache` hands its list on by another way.
    let cache = read("src/sdl/directives/cache.rs");
    let list = cache.split_once("let known = [").unwrap().1.split(']').next().unwrap();
    known.insert("cache".into(), list.split('"').skip(1).step_by(2).map(str::to_owned).collect());
    known
}

#[test]
fn the_directives_are_defined_with_the_arguments_that_are_read() {
    let (defined, known) = (defined(), read_by_the_code());
    assert!(known.len() > 12);
    for (name, arguments) in known {
        assert_eq!(defined.get(&name), Some(&arguments), "directives.graphql against src/sdl/directives/{name}.rs");
    }
}

#[test]
fn the_shipped_schema_is_valid_by_the_definitions() {
    let mut builder = Schema::builder().adopt_orphan_extensions().parse(c360::sdl::DIRECTIVES, "directives.graphql");
    for entry in fs::read_dir(root().join("schema")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "graphql") {
            builder = builder.parse(fs::read_to_string(&path).unwrap(), &path);
        }
    }
    let built = builder.build().map_err(|invalid| invalid.errors);
    let valid = built.and_then(|schema| schema.validate().map_err(|invalid| invalid.errors));
    assert!(valid.is_ok(), "{}", valid.unwrap_err());
}

#[test]
fn the_json_schema_of_the_configuration_is_that_of_the_page() {
    let path = root().join("gateway.schema.json");
    let expected = format!("{:#}\n", c360::config::json_schema());
    if std::env::var_os("C360_UPDATE_PAGES").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let told = "gateway.schema.json differs: run `C360_UPDATE_PAGES=1 cargo test --test it editors`";
    assert!(read("gateway.schema.json") == expected, "{told}");
}

fn accepts(text: &str) -> bool {
    let schema = jsonschema::validator_for(&c360::config::json_schema()).unwrap();
    let instance: toml::Table = text.parse().unwrap();
    let instance: Json = serde_json::to_value(instance).unwrap();
    schema.is_valid(&instance)
}

#[test]
fn the_json_schema_takes_what_the_program_takes() {
    let page = read("docs/configuration.md");
    for example in page.split("```toml\n").skip(1) {
        let example = example.split("```").next().unwrap();
        assert!(accepts(example), "{example}");
    }
    for file in ["tests/real/gateway/gateway.toml", "bench/race/gateway/gateway.toml"] {
        assert!(accepts(&read(file)), "{file}");
    }
    assert!(accepts("[sources.crm]\nauth = 'none'\nconcurrency = '${N:-8}'\ntimeout = { file = 't' }"));
}

#[test]
fn the_json_schema_refuses_what_the_program_refuses() {
    for wrong in [
        "[http]\nlistn = '127.0.0.1:1'",
        "[http]\nmax_connections = 'many'",
        "[gateway]\ndeadline = 'soon'",
        "[gateway]\ndeadline = 10",
        "[cache]\nmax_bytes = '1 pound'",
        "[sources.crm]\nconcurrency = 0",
        "[sources.crm.auth.bearer]\ntokn = 'x'",
        "[sources.crm.auth]\nbearer = { token = 'x' }\nbasic = { user = 'y' }",
        "[sources.crm]\nauth = 'bearer'",
        "[sources.crm.auth.headers]\nx-key = 1",
        "[sources.crm.auth.login]\nurl = 'u'\ntoken = 't'\nmethod = 'PUT'",
        "[connectors.a]\nenabled = 'no'",
        "[htp]",
    ] {
        assert!(!accepts(wrong), "{wrong}");
        assert!(c360::config::read_text("gateway.toml", wrong, Path::new("."), &|_| None).is_err(), "{wrong}");
    }
}
