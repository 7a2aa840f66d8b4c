//! How much a client's document may ask for.

use serde::Deserialize;

/// Bounds on one document. Everything is counted in one linear scan, before parsing and validation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Longest document, in bytes.
    pub document_bytes: usize,
    /// Most tokens.
    pub tokens: usize,
    /// Deepest nesting of selection sets, those of fragments included; at most 128.
    pub depth: u64,
    /// Most aliases, fragments expanded.
    pub aliases: u64,
    /// Most fields at the root, fragments expanded.
    pub root_fields: u64,
    /// Most directives in the whole document, wherever they stand.
    pub directives: u64,
    /// Most fields, spreads and inline fragments, fragments expanded.
    pub selections: u64,
    /// Most selected fields once abstract types are written out per object type.
    pub flattened: usize,
    /// Deepest nesting of list and object literals; at most 128.
    pub literal_depth: u64,
    /// Deepest nesting of lists and objects in a variable's value.
    pub variable_depth: usize,
    /// Longest answer to `__schema` and `__type`, in bytes.
    pub introspection_bytes: usize,
    /// Most objects for which something of their own is fetched or looked up, each as often as it is shown.
    pub objects: usize,
    /// Longest answer, in bytes, introspection aside.
    pub answer_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            document_bytes: 256 * 1024,
            tokens: 15_000,
            depth: 32,
            aliases: 200,
            root_fields: 50,
            directives: 100,
            selections: 10_000,
            flattened: 50_000,
            literal_depth: 32,
            variable_depth: 32,
            introspection_bytes: 16 * 1024 * 1024,
            objects: 50_000,
            answer_bytes: 8 * 1024 * 1024,
        }
    }
}
