//! The keys that lead to a value.

use std::fmt;
use std::rc::Rc;

/// Shape: the last key with the path before it, shared by everything beneath, so that a long key is kept once.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyPath(Option<Rc<(KeyPath, String)>>);

impl KeyPath {
    pub fn join(&self, key: &str) -> KeyPath {
        KeyPath(Some(Rc::new((self.clone(), key.to_owned()))))
    }

    /// All keys, the first one first.
    pub fn keys(&self) -> Vec<&str> {
        let mut keys = Vec::new();
        let mut rest = self;
        while let Some(step) = &rest.0 {
            keys.push(step.1.as_str());
            rest = &step.0;
        }
        keys.reverse();
        keys
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Display for KeyPath {
    /// Joined by dots: `sources.crm.timeout`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.keys().join("."))
    }
}
