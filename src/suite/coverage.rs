//! What the tests of a schema have touched, connector by connector and branch by branch.

use super::schema::Schema;
use super::told::Seen;
use crate::sdl::Origin;

/// What the tests touched of one connector.
#[derive(Debug)]
pub struct Covered {
    /// Its id.
    pub connector: String,
    /// `Customer[1]`
    pub coordinate: String,
    /// Where it is written: `schema/support.graphql:12`.
    pub place: String,
    /// Tests of it that were run.
    pub tests: usize,
    /// Tests in which the answer was a failure or an absence.
    pub misses: usize,
    /// Branches of its selection.
    pub branches: usize,
    /// Those that no test went through.
    pub untouched: Vec<Untouched>,
}

/// A branch that no test went through.
#[derive(Debug)]
pub struct Untouched {
    /// What it is: ``field `name` ``, `` `->match` of "open" ``.
    pub what: String,
    /// `schema/support.graphql:40:9`
    pub place: String,
}

/// Every connector of a schema, in order of declaration.
pub(super) fn covered(schema: &Schema, seen: &[Seen]) -> Vec<Covered> {
    let all = schema.catalog.connectors.iter().zip(seen);
    all.map(|(connector, seen)| {
        let branches = connector.selection.branches();
        let origin = Origin::of_selection(connector, &schema.files);
        let place = |offset: usize| match &origin {
            Some(origin) => {
                let (file, line, column) = origin.place(offset);
                format!("{file}:{line}:{column}")
            }
            None => connector.place.clone(),
        };
        let untouched = branches.iter().filter(|branch| !seen.trail.has(branch));
        let untouched =
            untouched.map(|branch| Untouched { what: branch.what.clone(), place: place(branch.span.start) });
        Covered {
            connector: connector.id.clone(),
            coordinate: connector.coordinate.clone(),
            place: connector.place.clone(),
            tests: seen.tests.get(),
            misses: seen.misses.get(),
            branches: branches.len(),
            untouched: untouched.collect(),
        }
    })
    .collect()
}

impl Covered {
    /// Whether it is tested, failure included, and every branch was gone through.
    pub fn is_whole(&self) -> bool {
        self.tests > 0 && self.misses > 0 && self.untouched.is_empty()
    }
}
