//! The house tests itself: who looks at whom, who knows which guest, how rooms and files are named.
//!
//! A rule that is in the way is no accident: change `ARCHITECTURE.md` and this file together, and say why.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, floor by floor from the ground. A room may look at every room on a lower floor.
const FLOORS: [&[&str]; 8] = [
    &["units"],
    &["mapping", "catalog", "record", "telemetry"],
    &["sdl", "operation"],
    &["plan", "sources", "cache", "listing", "watch", "hooks"],
    &["fetch"],
    &["response"],
    &["gateway", "suite"],
    &["config", "http", "startup", "presets", "cli", "main"],
];

/// Looks between rooms of one floor, from the first to the second.
const BESIDE: [(&str, &str); 9] = [
    ("catalog", "mapping"),
    ("record", "catalog"),
    ("record", "mapping"),
    ("config", "http"),
    ("startup", "config"),
    ("startup", "http"),
    ("cli", "startup"),
    ("cli", "presets"),
    ("main", "cli"),
];

/// Looks of the uppermost room that need a sentence: from, to, why.
const GARDEN: [(&str, &str, &str); 3] = [
    ("cli", "demo", "`c360 demo` opens the town"),
    ("cli", "config", "the town's addresses are settings that no file holds"),
    ("cli", "http", "a command serves what startup built"),
];

/// Crates that few rooms may know, so that each can be changed in one place. A path: that file only.
const GUESTS: [(&str, &[&str]); 18] = [
    ("apollo_compiler", &["sdl", "operation"]),
    ("async_graphql", &["gateway/protocol.rs", "http"]),
    ("async_graphql_axum", &["http"]),
    ("axum", &["http", "demo"]),
    ("clap", &["cli"]),
    ("dataloader", &["fetch"]),
    ("hyper_util", &["http"]),
    ("mimalloc", &["main"]),
    ("moka", &["cache"]),
    ("opentelemetry", &["telemetry/otlp.rs"]),
    ("opentelemetry_otlp", &["telemetry/otlp.rs"]),
    ("opentelemetry_sdk", &["telemetry/otlp.rs"]),
    ("prometheus_client", &["telemetry/page.rs"]),
    // The exporter of traces is given a client that follows no redirects and knows no proxies.
    ("redis", &["cache/shared/remote.rs"]),
    ("reqwest", &["sources", "telemetry/otlp.rs"]),
    ("serde_saphyr", &["suite"]),
    ("toml", &["config"]),
    ("tracing_subscriber", &["cli"]),
];

/// Who may ask for the time of day. Rooms below the gateway are told it, once per request, so that one answer has one
/// time. The others stamp the moment at which a source's answer came or a gateway began to answer, which nobody above
/// can know; spans of traces are stamped where they begin and end.
const CLOCKS: [&str; 10] = [
    "gateway/answer.rs",
    "gateway/farewell.rs",
    "gateway/hear.rs",
    "gateway/live.rs",
    "sources/call.rs",
    "sources/care/pause.rs",
    "sources/order.rs",
    "sources/parcel.rs",
    "cache/ticket.rs",
    "telemetry/watch.rs",
];

/// Words that hide what a file is for.
const EMPTY_WORDS: [&str; 9] = ["common", "data", "helper", "helpers", "info", "manager", "misc", "util", "utils"];

/// Reading the environment, as it is written in code.
const ENVIRONMENT: [&str; 3] = ["env::var(", "env::var_os(", "env::vars("];

#[test]
fn rooms_look_down_and_only_where_an_arrow_is_drawn() {
    let strange: Vec<String> = files().iter().filter(|file| !file.is_test).flat_map(strange_looks).collect();
    assert!(
        strange.is_empty(),
        "new arrows between rooms:\n{}\nA room looks at lower floors only. If the lower room needs to be told \
         something, let it own a small trait and the upper one implement it; if the arrow is right, draw it in {}",
        strange.join("\n"),
        file!()
    );
}

/// The rule can fail: without this, a mistake in the drawing would pass for order.
#[test]
fn an_arrow_upwards_is_shown_with_its_file_and_line() {
    let text = "//! crate::gateway in prose is no arrow.\nuse crate::catalog::Ty;\nuse crate::{\n    fetch,\n    record::Key,\n};\n";
    let file = File { path: "plan/draw.rs".into(), room: "plan".into(), code: code(text), is_test: false };
    assert_eq!(strange_looks(&file), ["src/plan/draw.rs:4: plan -> fetch"]);
    let file = File { path: "demo/town.rs".into(), room: "demo".into(), code: code(text), is_test: false };
    assert_eq!(strange_looks(&file).len(), 3, "the demo knows nobody");
}

#[test]
fn every_room_stands_on_a_floor() {
    let known: BTreeSet<&str> = FLOORS.concat().into_iter().chain(["demo", "lib"]).collect();
    let strange: BTreeSet<String> =
        files().into_iter().map(|file| file.room).filter(|room| !known.contains(room.as_str())).collect();
    assert!(strange.is_empty(), "rooms without a floor: {strange:?}; give them one in {}", file!());
}

#[test]
fn guests_are_known_only_to_their_hosts() {
    let mut strange = Vec::new();
    for file in files().iter().filter(|file| !file.is_test) {
        for (guest, hosts) in GUESTS {
            let is_host = hosts.contains(&file.room.as_str()) || hosts.contains(&file.path.as_str());
            if let (false, Some(at)) = (is_host, names_crate(&file.code, guest)) {
                strange.push(format!("{} knows {guest}, at home in {}", file.place(at), hosts.join(" and ")));
            }
        }
    }
    assert!(strange.is_empty(), "{}", strange.join("\n"));
}

#[test]
fn the_environment_is_read_at_the_doors_only() {
    let readers: Vec<String> = files()
        .iter()
        .filter(|file| !file.is_test && !matches!(file.room.as_str(), "config" | "cli"))
        .filter_map(|file| Some(file.place(ENVIRONMENT.iter().find_map(|call| file.code.find(call))?)))
        .collect();
    assert!(readers.is_empty(), "{readers:?} read the environment; let config read it and hand it down");
}

#[test]
fn the_time_of_day_is_asked_once_per_request() {
    let askers: Vec<String> = files()
        .iter()
        .filter(|file| !file.is_test && file.room != "demo" && !CLOCKS.contains(&file.path.as_str()))
        .filter_map(|file| Some(file.place(file.code.find("SystemTime::now(").or(file.code.find("Timestamp::now("))?)))
        .collect();
    assert!(askers.is_empty(), "{askers:?} ask for the time of day; let the gateway tell it");
}

#[test]
fn no_file_has_a_name_that_says_nothing() {
    let named = |file: &File| file.path.trim_end_matches(".rs").split('/').any(|part| EMPTY_WORDS.contains(&part));
    let strange: Vec<String> = files().into_iter().filter(named).map(|file| file.path).collect();
    assert!(strange.is_empty(), "{strange:?}: name a file after its main type or what happens in it");
}

#[test]
fn every_file_opens_with_what_it_is_and_every_door_stays_short() {
    let mut strange = Vec::new();
    for file in files().into_iter().filter(|file| !file.is_test) {
        let text = fs::read_to_string(source().join(&file.path)).unwrap();
        let opening = text.lines().take_while(|line| line.starts_with("//!")).count();
        match opening {
            0 => strange.push(format!("src/{}: does not open with `//!`", file.path)),
            15.. if file.path == format!("{}/mod.rs", file.room) => {
                strange.push(format!("src/{}: {opening} lines of `//!` at a door, expected under 15", file.path));
            }
            _ => {}
        }
    }
    assert!(strange.is_empty(), "{}", strange.join("\n"));
}

#[test]
fn names_leave_a_room_one_by_one() {
    let mut strange = Vec::new();
    for file in files() {
        let mut offset = 0;
        for line in file.code.lines() {
            if line.trim_start().starts_with("pub") && line.contains(" use ") && line.contains('*') {
                strange.push(file.place(offset));
            }
            offset += line.len() + 1;
        }
    }
    assert!(strange.is_empty(), "{strange:?} hand on whole rooms; list the names that leave");
}

/// One file below `src`.
struct File {
    /// Below `src`, with `/`.
    path: String,
    room: String,
    /// Its text with lines of comment emptied, so that lines keep their numbers; tests inside the file left out.
    code: String,
    /// `tests.rs` and everything in a folder `tests`: they may look wherever a story needs.
    is_test: bool,
}

impl File {
    /// `src/room/file.rs:12` of an offset in its code.
    fn place(&self, at: usize) -> String {
        format!("src/{}:{}", self.path, self.code[..at].matches('\n').count() + 1)
    }
}

/// Arrows of a file that are not drawn, each with its place.
fn strange_looks(file: &File) -> Vec<String> {
    let strange = looks(&file.code).into_iter().filter(|(_, to)| *to != file.room && !may_look(&file.room, to));
    strange.map(|(at, to)| format!("{}: {} -> {to}", file.place(at), file.room)).collect()
}

/// Whether an arrow is drawn.
fn may_look(from: &str, to: &str) -> bool {
    let floor = |room: &str| FLOORS.iter().position(|rooms| rooms.contains(&room));
    let is_below = matches!((floor(from), floor(to)), (Some(from), Some(to)) if to < from);
    // http asks the gateway and knows nothing of how answers come about.
    let is_below = is_below && (from != "http" || matches!(to, "gateway" | "telemetry" | "units"));
    is_below || BESIDE.contains(&(from, to)) || GARDEN.iter().any(|(a, b, _)| (*a, *b) == (from, to))
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every file below `src`, by path.
fn files() -> Vec<File> {
    let source = source();
    let (mut files, mut waiting) = (Vec::new(), vec![source.clone()]);
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let below = path.strip_prefix(&source).unwrap();
            let parts: Vec<&str> = below.iter().map(|part| part.to_str().unwrap()).collect();
            files.push(File {
                path: parts.join("/"),
                room: parts[0].trim_end_matches(".rs").to_owned(),
                code: code(&fs::read_to_string(&path).unwrap()),
                is_test: parts.iter().any(|part| matches!(*part, "tests" | "tests.rs")),
            });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// The text with lines of comment emptied, up to tests inside the file.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let kept = text.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line });
    kept.fold(String::new(), |code, line| code + line + "\n")
}

/// The rooms that a text names, each with its place: `crate::ROOM`, `c360::ROOM`, or inside `use crate::{…}`.
fn looks(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for root in ["crate::", "c360::"] {
        for (at, _) in code.match_indices(root) {
            // `async_crate::` and the like are other names.
            if code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_') {
                continue;
            }
            let start = at + root.len();
            match code[start..].strip_prefix('{') {
                Some(group) => found.extend(members(group).into_iter().map(|(at, name)| (start + 1 + at, name))),
                None => found.extend(name(&code[start..]).map(|name| (start, name))),
            }
        }
    }
    found
}

/// The first names of a group's members with their places, groups inside them left out.
fn members(group: &str) -> Vec<(usize, String)> {
    let (mut depth, mut start, mut found) = (0_usize, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let member = group[start..at].trim_start();
                found.extend(name(member).map(|name| (at - member.len(), name)));
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

/// Where a text names a crate at the head of a path.
fn names_crate(code: &str, guest: &str) -> Option<usize> {
    let head = format!("{guest}::");
    let mut places = code.match_indices(&head).map(|(at, _)| at);
    places.find(|at| !code[..*at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':'))
}
