//! Where a call may go: one origin, and no address that means anything else once it is parsed.

use url::{Origin, Url};

use super::client::SendError;
use crate::mapping::walks;

/// The only origin that a call may go to.
#[derive(Clone, Debug)]
pub(super) struct Home {
    /// `https://host:port/`
    root: Url,
    origin: Origin,
}

impl Home {
    /// That of an address.
    pub fn of(url: &Url) -> Home {
        let mut root = url.clone();
        root.set_path("/");
        root.set_query(None);
        root.set_fragment(None);
        Home { origin: root.origin(), root }
    }

    /// The address, if it is on this origin and says the same after it was parsed.
    pub fn address(&self, text: &str) -> Result<Url, SendError> {
        if climbs(text) {
            return Err(SendError::Unsendable("a path segment of dots".into()));
        }
        // Where it begins with what was parsed before, only the rest has to be.
        let home = self.root.as_str().trim_end_matches('/');
        if let Some(rest) = text.strip_prefix(home).filter(|rest| is_plain(rest)) {
            let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
            let mut url = self.root.clone();
            url.set_path(path);
            url.set_query(query);
            return Ok(url);
        }
        let url = Url::parse(text).map_err(|error| SendError::Unsendable(error.to_string()))?;
        if url.origin() != self.origin || !url.username().is_empty() || url.password().is_some() {
            return Err(SendError::ForeignOrigin);
        }
        Ok(url)
    }
}

/// Whether a path, and perhaps a query, is all that there is: no further characters of a host, and none that parsing
/// would take out.
fn is_plain(rest: &str) -> bool {
    rest.starts_with('/') && rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#' && byte != b'\\')
}

/// A key such as `..` would climb out of its place in the path: parsers resolve it, encoded or not.
fn climbs(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    path.split(['/', '\\']).any(walks)
}
