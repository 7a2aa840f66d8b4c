//! `@link(url:, as:, import:)` on the schema: which directives a file may use, by which names, in which version.
//!
//! ```graphql
//! extend schema
//!   @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
//!   @link(url: "https://specs.apollo.dev/federation/v2.13", import: ["@key"])
//!   @link(url: "https://c360.dev/spec/v0.1", import: ["@department", { name: "@cache", as: "@fresh" }])
//! ```
//!
//! Each file links for itself. Without `import` a directive is written with its specification's name before it:
//! `@connect` and `@connect__source`, `@federation__key`, `@spec__department`; `as:` changes that name.
//! The versions known are connect v0.1 to v0.4, federation v2.x and ours, v0.1. A file that does not link ours
//! is portable: our directives and our extra `->` methods are unknown in it.

use std::collections::{HashMap, HashSet};

use apollo_compiler::Node;
use apollo_compiler::ast::{Directive, Value};

use super::Word;
use crate::mapping::{Dialect, Version};
use crate::sdl::reader::{Reader, items};

/// What one file may use, by the names it uses.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    names: HashMap<String, Word>,
    /// Those of them that our own specification opened.
    ours: HashSet<String>,
    /// How mappings of the file are read.
    pub dialect: Dialect,
}

const CONNECT: &str = "https://specs.apollo.dev/connect";
const FEDERATION: &str = "https://specs.apollo.dev/federation";
const OURS: &str = "https://c360.dev/spec";

impl Default for Links {
    fn default() -> Links {
        let dialect = Dialect { version: Version::V0_4, extensions: false };
        Links { names: HashMap::from([("link".to_owned(), Word::Link)]), ours: HashSet::new(), dialect }
    }
}

impl Links {
    /// What a directive of this file means; `None`: nothing of ours.
    pub fn word(&self, name: &str) -> Option<Word> {
        self.names.get(name).copied()
    }

    /// Whether a directive's name comes from our own specification.
    pub fn is_ours(&self, name: &str) -> bool {
        self.ours.contains(name)
    }

    fn open(&mut self, written: String, word: Word, identity: &str) {
        if identity == OURS {
            self.ours.insert(written.clone());
        } else {
            self.ours.remove(&written);
        }
        self.names.insert(written, word);
    }

    /// Adds what one `@link` opens.
    pub fn add(&mut self, node: &Node<Directive>, reader: &mut Reader<'_, '_>) {
        let members = reader.arguments("@link", node, &["url", "as", "import", "for"], &["url"]);
        let Some(url) = reader.text_of(&members, "url") else { return };
        let alias = reader.text_of(&members, "as");
        let Some((identity, version)) = url.text.rsplit_once('/') else {
            reader.problems.error("GRAPHQL_ERROR", url.inside(), "this link has no version");
            return;
        };
        let words = match identity {
            CONNECT => match connect_version(version) {
                Some(version) => {
                    self.dialect.version = version;
                    CONNECT_WORDS
                }
                None => {
                    let message = format!("connect {version} is not known here; v0.1 to v0.4 are");
                    let help = format!("link {CONNECT}/v0.4, the newest known; v0.1, v0.2 and v0.3 are known, too");
                    reader.problems.error("UNKNOWN_CONNECTORS_VERSION", url.inside(), message).help(help);
                    CONNECT_WORDS
                }
            },
            FEDERATION => FEDERATION_WORDS,
            OURS => {
                self.dialect.extensions = true;
                if version != "v0.1" {
                    let message = format!("c360.dev/spec {version} is not known here; v0.1 is");
                    reader
                        .problems
                        .error("UNKNOWN_LINK_VERSION", url.inside(), message)
                        .help(format!("link {OURS}/v0.1"));
                }
                OUR_WORDS
            }
            _ => return,
        };
        let namespace = match &alias {
            Some(alias) => alias.text.clone(),
            None => identity.rsplit('/').next().unwrap_or(identity).to_owned(),
        };
        for (name, word) in words {
            let written =
                if *name == namespace_word(identity) { namespace.clone() } else { format!("{namespace}__{name}") };
            self.open(written, *word, identity);
        }
        if let Some(imports) = members.get("import") {
            for import in items(imports) {
                self.import(import, words, identity, reader);
            }
        }
    }

    fn import(
        &mut self,
        import: &Node<Value>,
        words: &[(&'static str, Word)],
        identity: &str,
        reader: &mut Reader<'_, '_>,
    ) {
        let (name, alias) = if import.as_object().is_some() {
            let Some(members) = reader.object("an import", import, &["name", "as"], &["name"]) else { return };
            (reader.text_of(&members, "name"), reader.text_of(&members, "as"))
        } else {
            (reader.text("an import", import), None)
        };
        let Some(name) = name else { return };
        // Names without @ are types of the specification: nothing here refers to them.
        let Some(bare) = name.text.strip_prefix('@') else { return };
        match words.iter().find(|(known, _)| *known == bare) {
            Some((_, word)) => {
                let written = alias.as_ref().map_or(bare, |alias| alias.text.trim_start_matches('@'));
                self.open(written.to_owned(), *word, identity);
            }
            None => {
                reader
                    .problems
                    .error("GRAPHQL_ERROR", name.inside(), format!("{identity} has no directive @{bare}"))
                    .nearest(bare, words.iter().map(|(known, _)| *known));
            }
        }
    }
}

/// The `@link` that a file lacks when it uses this directive.
pub(crate) fn link_for(name: &str) -> Option<String> {
    let has = |words: &[(&str, Word)]| words.iter().any(|(known, _)| *known == name);
    let url = if has(CONNECT_WORDS) {
        format!("{CONNECT}/v0.4")
    } else if has(OUR_WORDS) {
        format!("{OURS}/v0.1")
    } else if has(FEDERATION_WORDS) {
        format!("{FEDERATION}/v2.13")
    } else {
        return None;
    };
    Some(format!("add to this file: extend schema @link(url: \"{url}\", import: [\"@{name}\"])"))
}

/// The directive that carries its specification's own name.
fn namespace_word(identity: &str) -> &'static str {
    if identity == CONNECT { "connect" } else { "" }
}

fn connect_version(version: &str) -> Option<Version> {
    Some(match version {
        "v0.1" => Version::V0_1,
        "v0.2" => Version::V0_2,
        "v0.3" => Version::V0_3,
        "v0.4" => Version::V0_4,
        _ => return None,
    })
}

const CONNECT_WORDS: &[(&str, Word)] = &[("connect", Word::Connect), ("source", Word::Source)];

const OUR_WORDS: &[(&str, Word)] = &[
    ("department", Word::Department),
    ("lookup", Word::Lookup),
    ("connection", Word::Connection),
    ("cache", Word::Cache),
    ("inaccessible", Word::Inaccessible),
    ("paginate", Word::Paginate),
    ("call", Word::Call),
    ("failure", Word::Failure),
    ("webhook", Word::Webhook),
    ("normalize", Word::Normalize),
    ("prefer", Word::Prefer),
];

const FEDERATION_WORDS: &[(&str, Word)] = &[
    ("key", Word::Key),
    ("inaccessible", Word::Inaccessible),
    ("shareable", Word::Ignored),
    ("external", Word::Ignored),
    ("tag", Word::Ignored),
    ("extends", Word::Ignored),
    ("composeDirective", Word::Ignored),
    ("authenticated", Word::Refused),
    ("requiresScopes", Word::Refused),
    ("policy", Word::Refused),
    ("cost", Word::Ignored),
    ("listSize", Word::Ignored),
    ("requires", Word::Refused),
    ("provides", Word::Refused),
    ("override", Word::Refused),
    ("interfaceObject", Word::Refused),
    ("context", Word::Refused),
    ("fromContext", Word::Refused),
];
