//! What the literals of one text may refer to.

use std::collections::HashMap;

use apollo_compiler::{Node, ast};

use super::open::Open;

/// Variables, and the literals that are left open, each by the index of its value in [`super::Bound`].
#[derive(Default)]
pub(super) struct Scope<'a> {
    variables: HashMap<&'a str, usize>,
    open: Option<&'a Open>,
}

impl<'a> Scope<'a> {
    /// The variables in the order in which they are declared.
    pub(super) fn new(variables: impl Iterator<Item = &'a str>, open: Option<&'a Open>) -> Scope<'a> {
        Scope { variables: variables.enumerate().map(|(index, name)| (name, index)).collect(), open }
    }

    pub(super) fn variable(&self, name: &str) -> Option<usize> {
        self.variables.get(name).copied()
    }

    /// Behind all variables.
    pub(super) fn literal(&self, literal: &Node<ast::Value>) -> Option<usize> {
        let slot = self.open?.slot_of(literal)?;
        Some(self.variables.len() + slot)
    }
}
