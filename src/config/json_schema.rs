//! `docs/configuration.md` as a JSON Schema: the page's tables, which a test holds against the structs, for editors.

use serde_json::{Map, Value as Json, json};

const PAGE: &str = include_str!("../../docs/configuration.md");
/// Text in which a variable of the environment stands.
const VARIABLE: &str = r"\$\{[^}]+\}";

/// The JSON Schema (draft 7) of `gateway.toml`, with every key's meaning and default.
pub fn json_schema() -> Json {
    let mut root = section("");
    root["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    root["title"] = json!("gateway.toml of c360");
    root["description"] = json!("Where things are, how much and how long. `c360 config schema` prints this schema.");
    root["definitions"] = json!({
        "secretFile": {
            "type": "object", "description": "The text of a file, without its last line end.",
            "properties": { "file": { "type": "string" } }, "required": ["file"], "additionalProperties": false,
        },
    });
    root
}

/// One row of a table: key, type, default, meaning.
struct Row<'p> {
    key: &'p str,
    kind: &'p str,
    default: &'p str,
    meaning: &'p str,
}

/// The headings below a section that name tables of it: `http` below ``, `http.websocket` below `http`.
fn headings(below: &str) -> impl Iterator<Item = &'static str> {
    let prefix = if below.is_empty() { String::new() } else { format!("{below}.") };
    let named = PAGE.lines().filter_map(|line| line.trim_start_matches('#').strip_prefix(" `[")?.strip_suffix("]`"));
    named.filter(move |name| {
        name.strip_prefix(&prefix).is_some_and(|rest| match rest.split_once('.') {
            None => true,
            // `sources.NAME` stands for every table of `sources`.
            Some((_, place)) => !place.contains('.') && is_placeholder(place),
        })
    })
}

fn is_placeholder(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn rows(section: &str) -> Vec<Row<'static>> {
    let heading = format!("# `[{section}]`");
    PAGE.lines()
        .skip_while(|line| !line.ends_with(&heading))
        .skip(1)
        .take_while(|line| !line.starts_with('#'))
        .filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"))
        .filter_map(|line| {
            let cells: Vec<&str> = line.splitn(4, " | ").collect();
            let [key, kind, default, meaning] = cells[..] else { return None };
            Some(Row { key: key.trim_end_matches('`'), kind, default, meaning })
        })
        .collect()
}

/// What stands between a heading and its table, as one sentence.
fn introduction(section: &str) -> String {
    let heading = format!("# `[{section}]`");
    let lines = PAGE.lines().skip_while(|line| !line.ends_with(&heading)).skip(1);
    let text: Vec<&str> =
        lines.take_while(|line| !line.starts_with(['|', '#', '`'])).filter(|line| !line.is_empty()).collect();
    text.join(" ")
}

fn section(name: &str) -> Json {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for row in rows(name) {
        if row.default == "needed" {
            required.push(Json::from(row.key));
        }
        properties.insert(row.key.to_owned(), property(name, &row));
    }
    for heading in headings(name) {
        let rest = heading.strip_prefix(name).unwrap_or(heading).trim_start_matches('.');
        match rest.split_once('.') {
            Some((table, _)) => {
                let each = json!({ "type": "object", "additionalProperties": section(heading) });
                properties.insert(table.to_owned(), each);
            }
            None if !properties.contains_key(rest) => _ = properties.insert(rest.to_owned(), section(heading)),
            None => {}
        }
    }
    let mut table = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    let said = introduction(name);
    if !name.is_empty() && !said.is_empty() {
        table["description"] = said.into();
    }
    if !required.is_empty() {
        table["required"] = required.into();
    }
    table
}

fn property(within: &str, row: &Row<'_>) -> Json {
    let own = format!("{within}.{}", row.key);
    let has_section = PAGE.contains(&format!("# `[{own}]`"));
    let mut property = match row.kind {
        "one of the choices below" => choices(&own),
        "table" if has_section => section(&own),
        kind => of_kind(kind),
    };
    property["description"] = row.meaning.into();
    if let Some(default) = row.default.strip_prefix('`').and_then(|text| text.strip_suffix('`')).and_then(value) {
        property["default"] = default;
    }
    property
}

/// The choices of an enum: a word alone, or a table of one key.
fn choices(section_name: &str) -> Json {
    let choices = rows(section_name).into_iter().map(|row| {
        let inner = match row.kind {
            "–" => return json!({ "const": row.key, "description": row.meaning }),
            "table" => section(&format!("{section_name}.{}", row.key)),
            kind => of_kind(kind),
        };
        json!({
            "type": "object", "description": row.meaning, "properties": { row.key: inner },
            "required": [row.key], "additionalProperties": false,
        })
    });
    json!({ "oneOf": choices.collect::<Vec<_>>() })
}

fn of_kind(kind: &str) -> Json {
    let file = json!({ "$ref": "#/definitions/secretFile" });
    let variable = json!({ "type": "string", "pattern": VARIABLE });
    let written =
        |form: &str| json!({ "anyOf": [{ "type": "string", "pattern": format!("^(?:{form})$|{VARIABLE}") }, file] });
    match kind {
        "whole number" => json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, variable, file] }),
        "whole number above zero" => json!({ "anyOf": [{ "type": "integer", "minimum": 1 }, variable, file] }),
        "boolean" => json!({ "anyOf": [{ "type": "boolean" }, variable, file] }),
        "time" => written(r"[0-9]+\s*(?:ms|s|m|h|d)"),
        "size" => written(r"[0-9]+\s*(?:B|KiB|MiB|GiB|kB|MB|GB)"),
        "address" => written(r".+:[0-9]{1,5}"),
        "list of texts" => json!({ "type": "array", "items": { "anyOf": [{ "type": "string" }, file] } }),
        "list of whole numbers" => json!({ "type": "array", "items": { "type": "integer", "minimum": 0 } }),
        "list of tables" => json!({ "type": "array", "items": { "type": "object" } }),
        "table" => json!({ "type": "object" }),
        "table of texts" | "table of texts, secret" => {
            json!({ "type": "object", "additionalProperties": { "anyOf": [{ "type": "string" }, file] } })
        }
        words if words.starts_with("`\"") => {
            let words = words.split(" or ").filter_map(|word| value(word.trim_matches('`')));
            json!({ "anyOf": [{ "enum": words.collect::<Vec<_>>() }, variable, file] })
        }
        // Text, secret or not.
        _ => json!({ "anyOf": [{ "type": "string" }, file] }),
    }
}

/// A default as the page writes it: TOML.
fn value(text: &str) -> Option<Json> {
    let table: toml::Table = format!("x = {text}").parse().ok()?;
    serde_json::to_value(table.get("x")?).ok()
}
