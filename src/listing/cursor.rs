//! Cursors: opaque to clients, a position and the item's id to us.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Points at one item of a list. The id finds the item again when the list has changed in between;
/// the position serves where the item is gone or has no id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Place in the whole list, from 0.
    pub position: usize,
    /// JSON text of the item's `id`, empty where it has none.
    pub id: String,
}

impl Cursor {
    /// The text handed to clients.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}:{}", self.position, self.id))
    }

    /// Reads a text handed out by [`Cursor::encode`]; `None` for anything else.
    pub fn decode(text: &str) -> Option<Cursor> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (position, id) = text.split_once(':')?;
        Some(Cursor { position: position.parse().ok()?, id: id.to_owned() })
    }
}
