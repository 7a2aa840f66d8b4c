//! `@skip` and `@include`, gathered from a field and everything around it.

use std::collections::BTreeSet;

use super::Bound;

/// When a field is there: where any of its occurrences is. An occurrence is there where all its tests hold.
/// What stands under a field that occurs once need not repeat the field's own tests: it is read only where they hold.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Conditions {
    /// Empty: always. Otherwise at least one of these, each a set of (index of a variable, wanted value).
    any_of: BTreeSet<Tests>,
}

/// Conditions that take more alternatives than this are not worked out.
const MOST_ALTERNATIVES: usize = 32;

/// Tests that must all hold: (index of a variable in the operation, wanted value).
pub(super) type Tests = BTreeSet<(usize, bool)>;

impl Conditions {
    /// The conditions of a field that occurs where these tests hold; `occurrences` is not empty.
    pub(super) fn any_of(occurrences: impl IntoIterator<Item = Tests>) -> Conditions {
        let mut any_of = BTreeSet::new();
        for tests in occurrences {
            if tests.is_empty() {
                return Conditions::default();
            }
            any_of.insert(tests);
        }
        Conditions { any_of }
    }

    /// Where any of the occurrences holds and none of the `earlier` ones: `Some(None)` where that cannot be, `None`
    /// where it takes too many words to say.
    pub(super) fn any_but<'t>(
        occurrences: impl IntoIterator<Item = Tests>,
        earlier: impl IntoIterator<Item = &'t Tests>,
    ) -> Option<Option<Conditions>> {
        let mut any_of: BTreeSet<Tests> = occurrences.into_iter().collect();
        for earlier in earlier {
            any_of = any_of.into_iter().flat_map(|tests| but(tests, earlier)).collect();
            if any_of.len() > MOST_ALTERNATIVES {
                return None;
            }
        }
        Some((!any_of.is_empty()).then(|| Conditions::any_of(any_of)))
    }

    /// Whether the field is there whatever the variables are.
    pub fn is_always(&self) -> bool {
        self.any_of.is_empty()
    }

    /// Whether the field is there with these variables.
    pub fn hold(&self, variables: &Bound) -> bool {
        self.is_always()
            || self.any_of.iter().any(|tests| tests.iter().all(|(index, wanted)| variables.flag(*index) == *wanted))
    }

    /// The occurrences' tests, each a set of (index of a variable, wanted value) that must all hold; empty: always.
    pub fn alternatives(&self) -> impl ExactSizeIterator<Item = &BTreeSet<(usize, bool)>> {
        self.any_of.iter()
    }
}

/// What must hold for `tests` to hold while not all of `others` do.
fn but(tests: Tests, others: &Tests) -> Vec<Tests> {
    let opposite = |(index, wanted): &(usize, bool)| (*index, !wanted);
    if others.iter().any(|other| tests.contains(&opposite(other))) {
        return vec![tests];
    }
    let open = others.iter().filter(|other| !tests.contains(*other));
    open.map(|other| tests.iter().copied().chain([opposite(other)]).collect()).collect()
}
