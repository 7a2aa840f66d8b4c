//! `@prefer(order:)` on a field that several connectors give: who is asked first.
//!
//! ```graphql
//! phone: String @prefer(order: ["crm-contact", "billing-customer"])
//! ```
//!
//! `order` names all connectors that give the field, by `id`. The next one is asked only for those keys for which
//! the one before was absent or failed.

use crate::sdl::gather::Applied;
use crate::sdl::reader::{Reader, Text};
use crate::sdl::source_text::Place;

/// `@prefer` as read.
#[derive(Debug)]
pub(crate) struct PreferDirective {
    pub order: Vec<Text>,
    pub place: Place,
}

impl PreferDirective {
    pub fn read(applied: &Applied, reader: &mut Reader<'_, '_>) -> PreferDirective {
        let members = reader.arguments("@prefer", &applied.node, &["order"], &["order"]);
        PreferDirective { order: reader.texts_of(&members, "order"), place: applied.place }
    }
}
