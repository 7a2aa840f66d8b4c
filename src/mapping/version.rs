//! Which rules a mapping is read by.

/// A version of the connect specification, as its `@link` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// connect/v0.1
    V0_1,
    /// connect/v0.2
    V0_2,
    /// connect/v0.3: `?`, `??`, `?!`, and paths that begin with one key
    V0_3,
    /// connect/v0.4: `...path`, `{ a }` for `{ a: a }`
    V0_4,
}

impl Version {
    /// As it stands in a link: `v0.4`.
    pub fn as_str(self) -> &'static str {
        match self {
            Version::V0_1 => "v0.1",
            Version::V0_2 => "v0.2",
            Version::V0_3 => "v0.3",
            Version::V0_4 => "v0.4",
        }
    }

    /// What a file writes to have what came with this version.
    pub fn way_to(self) -> String {
        format!("link https://specs.apollo.dev/connect/{} or later", self.as_str())
    }
}

/// The rules of one schema: the specification's version, and whether our own methods may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Version of the connect specification.
    pub version: Version,
    /// Whether methods beyond the specification are allowed.
    pub extensions: bool,
}

impl Default for Dialect {
    /// The newest version, with our methods.
    fn default() -> Self {
        Self { version: Version::V0_4, extensions: true }
    }
}
