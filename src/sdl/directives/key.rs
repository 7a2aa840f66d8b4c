//! `@key(fields:)` on a type: the fields that tell one entity from another.
//!
//! ```graphql
//! type Customer @key(fields: "id") { id: ID!  name: String }
//! ```
//!
//! A key is a list of scalar fields of the type; a type may have several. What a type's connectors need is a key
//! as well, whether or not it is written. `resolvable: false` says that entities are only named here, not found.

use crate::sdl::gather::Applied;
use crate::sdl::reader::{Reader, Text};

/// `@key` as read.
#[derive(Debug)]
pub(crate) struct KeyDirective {
    pub type_name: String,
    pub fields: Vec<String>,
    pub text: Text,
    /// Whether entities can be found by it, not only named.
    pub resolvable: bool,
}

impl KeyDirective {
    pub fn read(applied: &Applied, reader: &mut Reader<'_, '_>) -> Option<KeyDirective> {
        let members = reader.arguments("@key", &applied.node, &["fields", "resolvable"], &["fields"]);
        let text = reader.text_of(&members, "fields")?;
        let resolvable = reader.flag_of(&members, "resolvable").unwrap_or(true);
        if text.text.contains('{') {
            let message = "a key made of nested fields cannot be resolved by connectors";
            reader
                .problems
                .error("CONNECTORS_CANNOT_RESOLVE_KEY", text.inside(), message)
                .help("name scalar fields of the type itself");
            return None;
        }
        let fields = text.text.split([' ', ',', '\n', '\t', '\r']).filter(|word| !word.is_empty()).map(str::to_owned);
        Some(KeyDirective { type_name: applied.type_name()?.to_owned(), fields: fields.collect(), text, resolvable })
    }
}
