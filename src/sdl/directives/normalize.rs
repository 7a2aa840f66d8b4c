//! `@normalize(with:)` on a field that serves as a key: one form for all its spellings.
//!
//! ```graphql
//! type Email { address: String! @normalize(with: "@->trim->lower") }
//! ```
//!
//! The mapping is applied to every value of the field, needed or given, before it is sent or matched.

use crate::mapping::{Dialect, Program};
use crate::sdl::gather::Applied;
use crate::sdl::reader::Reader;

/// `@normalize` as read.
#[derive(Debug)]
pub(crate) struct NormalizeDirective {
    pub program: Program,
}

impl NormalizeDirective {
    pub fn read(applied: &Applied, dialect: Dialect, reader: &mut Reader<'_, '_>) -> Option<NormalizeDirective> {
        let members = reader.arguments("@normalize", &applied.node, &["with"], &["with"]);
        let program = reader.text_of(&members, "with")?.program(reader, dialect, "INVALID_SELECTION")?;
        Some(NormalizeDirective { program })
    }
}
