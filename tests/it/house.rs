//! The house tests itself: who looks at whom, and who knows which guest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The rooms, floor by floor from the ground. A room may look at every room on a lower floor.
const FLOORS: [&[&str]; 8] = [
    &["units"],
    &["mapping", "catalog", "record"],
    &["sdl", "operation"],
    &["plan", "sources", "cache", "listing"],
    &["fetch"],
    &["response"],
    &["gateway"],
    &["config", "http", "startup", "cli", "main"],
];

/// Looks between rooms of one floor, from the first to the second.
const BESIDE: [(&str, &str); 8] = [
    ("catalog", "mapping"),
    ("record", "catalog"),
    ("record", "mapping"),
    ("config", "http"),
    ("startup", "config"),
    ("startup", "http"),
    ("cli", "startup"),
    ("main", "cli"),
];

/// Looks of the uppermost room that need a sentence: from, to, why.
const GARDEN: [(&str, &str, &str); 3] = [
    ("cli", "demo", "`c360 demo` opens the town"),
    ("cli", "config", "the town's addresses are settings that no file holds"),
    ("cli", "http", "a command serves what startup built"),
];

/// Crates that few rooms may know, so that each can be changed in one place.
const GUESTS: [(&str, &[&str]); 10] = [
    ("apollo_compiler", &["sdl", "operation"]),
    ("async_graphql", &["sdl", "gateway", "http"]),
    ("async_graphql_axum", &["http"]),
    ("axum", &["http", "demo"]),
    ("clap", &["cli"]),
    ("dataloader", &["fetch"]),
    ("hyper_util", &["http"]),
    ("moka", &["cache", "gateway"]),
    ("reqwest", &["sources"]),
    ("toml", &["config"]),
];

/// Reading the environment, as it is written in code.
const ENVIRONMENT: [&str; 3] = ["env::var(", "env::var_os(", "env::vars("];

#[test]
fn rooms_look_down_and_only_where_an_arrow_is_drawn() {
    let mut strange = BTreeSet::new();
    for (room, code) in rooms() {
        for other in looks(&code) {
            if other != room && !may_look(&room, &other) {
                strange.insert(format!("{room} -> {other}"));
            }
        }
    }
    assert!(
        strange.is_empty(),
        "new arrows between rooms: {strange:#?}\nA room looks at lower floors only. If the lower room needs to be told \
         something, let it own a small trait and the upper one implement it; if the arrow is right, draw it in {}",
        file!()
    );
}

#[test]
fn every_room_stands_on_a_floor() {
    let known: BTreeSet<&str> = FLOORS.concat().into_iter().chain(["demo", "lib"]).collect();
    let rooms = rooms();
    let strange: Vec<_> = rooms.keys().filter(|room| !known.contains(room.as_str())).collect();
    assert!(strange.is_empty(), "rooms without a floor: {strange:?}; give them one in {}", file!());
}

#[test]
fn guests_are_known_only_to_their_hosts() {
    let mut strange = BTreeSet::new();
    for (room, code) in rooms() {
        for (guest, hosts) in GUESTS {
            if !hosts.contains(&room.as_str()) && names_crate(&code, guest) {
                strange.insert(format!("{room} knows {guest}, at home in {hosts:?}"));
            }
        }
    }
    assert!(strange.is_empty(), "{strange:#?}");
}

#[test]
fn the_environment_is_read_at_the_doors_only() {
    let readers: Vec<String> = rooms()
        .into_iter()
        .filter(|(room, code)| {
            !matches!(room.as_str(), "config" | "cli") && ENVIRONMENT.iter().any(|call| code.contains(call))
        })
        .map(|(room, _)| room)
        .collect();
    assert!(readers.is_empty(), "{readers:?} read the environment; let config read it and hand it down");
}

/// Whether an arrow is drawn.
fn may_look(from: &str, to: &str) -> bool {
    let floor = |room: &str| FLOORS.iter().position(|rooms| rooms.contains(&room));
    let is_below = matches!((floor(from), floor(to)), (Some(from), Some(to)) if to < from);
    // http asks the gateway and knows nothing of how answers come about.
    let is_below = is_below && (from != "http" || matches!(to, "gateway" | "units"));
    is_below || BESIDE.contains(&(from, to)) || GARDEN.iter().any(|(a, b, _)| (*a, *b) == (from, to))
}

/// The code of each room, comments and tests left out.
fn rooms() -> BTreeMap<String, String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut rooms = BTreeMap::<String, String>::new();
    let mut waiting = vec![source.clone()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test(&path) {
            let below = path.strip_prefix(&source).unwrap();
            let first = below.components().next().unwrap().as_os_str().to_str().unwrap();
            let room = first.trim_end_matches(".rs").to_owned();
            rooms.entry(room).or_default().push_str(&code(&fs::read_to_string(&path).unwrap()));
        }
    }
    rooms
}

/// `tests.rs` and everything in a folder `tests`: they may look wherever a story needs.
fn is_test(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "tests.rs") || path.components().any(|part| part.as_os_str() == "tests")
}

/// The text without lines of comment, up to tests inside the file.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .fold(String::new(), |code, line| code + line + "\n")
}

/// The rooms that a text names: `crate::ROOM`, `c360::ROOM`, or inside `use crate::{…}`.
fn looks(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for root in ["crate::", "c360::"] {
        for (at, _) in code.match_indices(root) {
            // `async_crate::` and the like are other names.
            if code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_') {
                continue;
            }
            let rest = &code[at + root.len()..];
            match rest.strip_prefix('{') {
                Some(group) => found.extend(members(group)),
                None => found.extend(name(rest)),
            }
        }
    }
    found
}

/// The first names of a group's members, groups inside them left out.
fn members(group: &str) -> BTreeSet<String> {
    let (mut depth, mut start, mut found) = (0_usize, 0, BTreeSet::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                found.extend(name(group[start..at].trim_start()));
                start = at + 1;
                if character == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    found
}

/// The name of a module that a path begins with.
fn name(path: &str) -> Option<String> {
    let name: String = path.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// Whether a text names a crate at the head of a path.
fn names_crate(code: &str, guest: &str) -> bool {
    code.match_indices(&format!("{guest}::"))
        .any(|(at, _)| !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':'))
}
