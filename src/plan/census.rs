//! What the steps of a plan come to, counted once.

use super::stage::{Stage, StepKind};
use crate::catalog::{Catalog, ConnectorId, Scope};

/// What is true of a whole plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Connectors that more than one step calls: their keys are gathered across steps.
    pub gathered: Vec<ConnectorId>,
    /// Every connector that is called.
    pub called: Vec<ConnectorId>,
    /// Whether any of what is fetched may be shown to one caller only.
    pub is_callers: bool,
    /// Whether coverage is asked for anywhere.
    pub tells_coverage: bool,
}

impl Census {
    pub(super) fn take(root: &Stage, catalog: &Catalog) -> Census {
        let mut counting = Counting { catalog, census: Census::default() };
        counting.stage(root);
        counting.census
    }

    /// Whether a whole answer may be told to others and again: all of it is everybody's and fresh for some time, and
    /// nothing in it speaks of the moment at which it was made.
    pub fn is_keepable(&self, catalog: &Catalog) -> bool {
        let is_kept = |connector: &ConnectorId| catalog.connector(*connector).freshness.max_age.is_some();
        !self.is_callers && !self.tells_coverage && !self.called.is_empty() && self.called.iter().all(is_kept)
    }
}

struct Counting<'c> {
    catalog: &'c Catalog,
    census: Census,
}

impl Counting<'_> {
    fn stage(&mut self, stage: &Stage) {
        self.census.tells_coverage |= stage.wants_coverage;
        for step in &stage.steps {
            let StepKind::Call { connector, .. } = step.kind else { continue };
            self.census.is_callers |= self.catalog.connector(connector).freshness.scope == Scope::Caller;
            let Census { called, gathered, .. } = &mut self.census;
            if !called.contains(&connector) {
                called.push(connector);
            } else if !gathered.contains(&connector) {
                gathered.push(connector);
            }
        }
        for child in &stage.children {
            child.stages.per_type.iter().for_each(|stage| self.stage(stage));
        }
    }
}
