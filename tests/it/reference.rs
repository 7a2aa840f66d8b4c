//! The reference pages say what the program does. `C360_UPDATE_PAGES=1` writes those that are made from the code;
//! the others are compared, row by row.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use c360::operation::Reason;
use c360::record::{Code, Failure};
use c360::response::CoverageStatus;

/// The directives' manuals in the order in which a reader meets them: file, and what introduces the group.
const DIRECTIVES: [(&str, &str); 15] = [
    ("link", "## What a file may use"),
    ("source", "## The connect directives"),
    ("connect", ""),
    ("key", "## Entities and the contract"),
    ("lookup", ""),
    ("department", ""),
    ("inaccessible", ""),
    ("connection", ""),
    ("prefer", "## Beside a connector, a source or a field"),
    ("normalize", ""),
    ("paginate", ""),
    ("call", ""),
    ("failure", ""),
    ("webhook", ""),
    ("cache", ""),
];

/// What stands above the manuals.
const DIRECTIVES_HEAD: &str = "# Directives

What a schema file may say beside GraphQL's own words. `@source` and `@connect` are compatible with the connect/v0.4 directives:
nothing is added to them and their meaning is not changed, so files written for them elsewhere are read here. What they lack
stands beside them, in directives of ours. Clients see none of them. How values are chosen and turned is the mapping language:
`docs/mapping.md`.

This page is made of the code that reads the directives; a test compares the two.
";

/// What stands below them: the words that belong to a larger graph.
const DIRECTIVES_FOOT: &str = "
## Federation's other directives

`@shareable`, `@external`, `@tag`, `@extends`, `@composeDirective`, `@cost` and `@listSize` are read and mean nothing here.
`@authenticated`, `@requiresScopes`, `@policy`, `@requires`, `@provides`, `@override`, `@interfaceObject`, `@context` and
`@fromContext` are refused: they would change who may see what, or how fields are found, and are not supported yet.
";

#[test]
fn the_page_of_directives_is_made_of_their_manuals() {
    let mut page = DIRECTIVES_HEAD.to_owned();
    for (file, group) in DIRECTIVES {
        if !group.is_empty() {
            page += &format!("\n{group}\n");
        }
        page += &manual(file);
    }
    page += DIRECTIVES_FOOT;
    assert_page("docs/directives.md", &page);
}

#[test]
fn every_directive_has_its_place_on_the_page() {
    let files = fs::read_dir(root().join("src/sdl/directives")).unwrap();
    let files: BTreeSet<String> = files
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|file| file != "mod")
        .collect();
    let known: BTreeSet<String> = DIRECTIVES.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(files, known, "give each a place in DIRECTIVES");
    let link = read("src/sdl/directives/link.rs");
    let foreign: Vec<&str> = link
        .lines()
        .filter(|line| line.ends_with("Word::Ignored),") || line.ends_with("Word::Refused),"))
        .map(|line| line.split('"').nth(1).unwrap())
        .collect();
    let silent: Vec<_> = foreign.iter().filter(|name| !DIRECTIVES_FOOT.contains(&format!("`@{name}`"))).collect();
    assert!(!foreign.is_empty() && silent.is_empty(), "not on the page: {silent:?}");
}

#[test]
fn the_page_of_errors_has_every_code_in_order() {
    let rows = rows(&read("docs/errors.md"), "## Codes");
    let codes: Vec<&str> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    assert_eq!(codes, Code::ALL.map(Code::as_str));
    for (row, code) in rows.iter().zip(Code::ALL) {
        let expected = Failure::of_source(code, "tickets", "support", "").retryable;
        assert_eq!(row[3].starts_with("yes"), expected, "{}: whether asking again may help", code.as_str());
    }
}

#[test]
fn the_page_of_errors_has_every_reason_of_a_refusal() {
    let reasons = [
        Reason::LimitExceeded,
        Reason::ParseFailed,
        Reason::ValidationFailed,
        Reason::OperationUnknown,
        Reason::VariablesInvalid,
    ];
    // A new reason does not compile here before it stands in the list above and on the page.
    for reason in reasons {
        match reason {
            Reason::LimitExceeded
            | Reason::ParseFailed
            | Reason::ValidationFailed
            | Reason::OperationUnknown
            | Reason::VariablesInvalid => {}
        }
    }
    let rows = rows(&read("docs/errors.md"), "## Refused requests");
    let listed: Vec<&str> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    assert_eq!(listed, reasons.map(Reason::as_str));
}

#[test]
fn the_page_of_errors_has_every_refusal_of_the_http_door() {
    let page = read("docs/errors.md");
    let rows = rows(&page, "Requests that do not get that far:");
    let listed: Vec<String> = rows.iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    let door = read("src/http/refused.rs");
    let (_, told) = door.split_once("fn told(").unwrap();
    let (told, _) = told.split_once("\n    }\n").unwrap();
    let capitals = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let used: Vec<&str> = told.split('"').skip(1).step_by(2).filter(capitals).collect();
    assert_eq!(listed, used);
}

#[test]
fn the_page_of_errors_has_every_coverage_status_in_order() {
    let rows = rows(&read("docs/errors.md"), "## Coverage");
    let listed: Vec<&str> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    assert_eq!(listed, CoverageStatus::ALL.map(CoverageStatus::as_str));
}

#[test]
fn the_page_of_errors_has_every_code_of_a_schema_problem() {
    let page: Vec<String> = rows(&read("docs/errors.md"), "## Schema problems")
        .iter()
        .flat_map(|row| row[1].split(", ").map(|code| code.trim_matches('`').to_owned()).collect::<Vec<_>>())
        .collect();
    let listed: BTreeSet<String> = page.iter().cloned().collect();
    assert_eq!(listed.len(), page.len(), "a code stands on the page twice");
    let mut used = BTreeSet::new();
    let mut waiting = vec![root().join("src/sdl")];
    while let Some(path) = waiting.pop() {
        if path.is_dir() && !path.ends_with("tests") {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.is_file() && !path.ends_with("tests.rs") {
            used.extend(codes(&fs::read_to_string(&path).unwrap()));
        }
    }
    let difference =
        |from: &BTreeSet<String>, other: &BTreeSet<String>| from.difference(other).cloned().collect::<Vec<_>>();
    assert!(used == listed, "missing: {:?}, unknown: {:?}", difference(&used, &listed), difference(&listed, &used));
}

#[test]
fn every_room_is_on_both_maps() {
    let map = read("src/lib.rs");
    let page = read("ARCHITECTURE.md");
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let room = entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
        if room == "lib" || room == "main" {
            continue;
        }
        assert!(map.contains(&format!("//! - [`{room}`]")), "src/lib.rs does not lead to {room}");
        assert!(page.contains(&format!("`{room}`")), "ARCHITECTURE.md does not name {room}");
    }
    assert!(page.lines().count() < 200, "ARCHITECTURE.md is to stay under 200 lines");
}

#[test]
fn every_dependency_is_argued() {
    let page = read("docs/decisions.md");
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    for part in ["dependencies", "dev-dependencies"] {
        for name in manifest[part].as_table().unwrap().keys() {
            assert!(page.contains(&format!("| {name} |")), "docs/decisions.md does not argue for {name}");
        }
    }
    let rows = rows(&page, "### Run time");
    let stale = rows.iter().find(|row| !manifest["dependencies"].as_table().unwrap().contains_key(row[0].as_str()));
    assert!(stale.is_none(), "argued for and not used: {stale:?}");
}

#[test]
fn pages_lead_to_pages_that_are_there() {
    let mut dead = Vec::new();
    let docs = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let docs = docs.filter(|path| path.extension().is_some_and(|end| end == "md"));
    let docs = docs.map(|path| format!("docs/{}", path.file_name().unwrap().to_str().unwrap()));
    let others = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(str::to_owned);
    for page in others.into_iter().chain(docs) {
        let text = read(&page);
        let folder = root().join(&page).parent().unwrap().to_owned();
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split([')', '#']).next().unwrap();
            if !target.is_empty() && !target.contains("://") && !folder.join(target).exists() {
                dead.push(format!("{page}: {target}"));
            }
        }
    }
    assert!(dead.is_empty(), "{dead:?}");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|why| panic!("{path}: {why}"))
}

/// A directive's manual as a section: its name, its form with the first sentence, the rest.
fn manual(file: &str) -> String {
    let text = read(&format!("src/sdl/directives/{file}.rs"));
    let lines = text.lines().take_while(|line| line.starts_with("//!")).map(|line| {
        let line = line.trim_start_matches("//!");
        line.strip_prefix(' ').unwrap_or(line)
    });
    format!("\n### @{file}\n\n{}\n", lines.collect::<Vec<_>>().join("\n"))
}

/// Compares a page with what it should be, or writes it.
fn assert_page(path: &str, expected: &str) {
    if std::env::var_os("C360_UPDATE_PAGES").is_some() {
        fs::write(root().join(path), expected).unwrap();
    }
    assert!(
        read(path) == expected,
        "{path} differs from the code: run `C360_UPDATE_PAGES=1 cargo test --test it reference`"
    );
}

/// The cells of the first table below a heading, its head left out.
fn rows(page: &str, heading: &str) -> Vec<Vec<String>> {
    let (_, below) = page.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
    let table =
        below.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|')).skip(2);
    table.map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// String literals that are nothing but capitals and underscores.
fn codes(text: &str) -> Vec<String> {
    let quotes: Vec<usize> = text.match_indices('"').map(|(at, _)| at).collect();
    let between = quotes.windows(2).map(|pair| &text[pair[0] + 1..pair[1]]);
    let is_code = |word: &&str| {
        word.contains('_') && !word.starts_with('_') && word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    };
    between.filter(is_code).map(str::to_owned).collect()
}
