//! What an operator may set.

use serde::Deserialize;

use crate::units::TimeSpan;

/// `[reload]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether the folder's files are watched. Without it a SIGHUP is what reloads them.
    pub watch: bool,
    /// How often one looks; never more often than ten times a second.
    pub every: TimeSpan,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { watch: true, every: TimeSpan::seconds(2) }
    }
}
