//! What was fetched for the objects of one stage.

use std::sync::Arc;
use std::time::SystemTime;

use crate::catalog::{ConnectorId, Layout};
use crate::record::{Failure, Fresh, Place, Record, View};

/// Results for all objects of one stage, by their position.
#[derive(Debug)]
pub struct Group<'r> {
    /// The objects' own records; `None` at the root.
    pub bases: Vec<Option<Held<'r>>>,
    /// Per step of the stage, one outcome per object; `None` where the step was not wanted.
    pub steps: Vec<Option<Vec<Outcome>>>,
    /// Per child of the stage; `None` where it was not wanted.
    pub children: Vec<Option<ChildGroup<'r>>>,
    /// Per object, whether it is there; empty where all are.
    pub presence: Vec<Presence>,
}

impl Group<'_> {
    /// Whether the object at `index` is there.
    pub fn presence(&self, index: usize) -> Presence {
        self.presence.get(index).copied().unwrap_or(Presence::Present)
    }

    /// What a step brought for an object; `NotAsked` where it was not wanted.
    pub fn outcome(&self, step: usize, index: usize) -> &Outcome {
        match self.steps.get(step) {
            Some(Some(outcomes)) => outcomes.get(index).unwrap_or(&Outcome::NotAsked),
            _ => &Outcome::NotAsked,
        }
    }
}

/// Results for the objects below one child of a stage, grouped by concrete type.
#[derive(Debug)]
pub struct ChildGroup<'r> {
    /// Per object of the parent stage: where its items start in `items`.
    pub starts: Vec<usize>,
    /// Per item in the order in which it is written: its type's position among the stages and its position in
    /// that type's group; `None` for a null item.
    pub items: Vec<Option<(usize, usize)>>,
    /// One group per type.
    pub groups: Vec<Group<'r>>,
}

/// An object in a record, held while the request lasts.
#[derive(Clone, Debug)]
pub struct Held<'r> {
    record: Record,
    layout: &'r Layout,
    place: Place,
    given: Option<Given>,
}

/// Which connector gave a record, and how it was had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// The connector.
    pub connector: ConnectorId,
    /// How it was had.
    pub fresh: Fresh,
    /// When the source said so.
    pub as_of: SystemTime,
}

impl<'r> Held<'r> {
    /// Holds the object that a view of `record` shows. `given` is `None` for the keys of a look-up.
    pub fn new(record: &Record, layout: &'r Layout, place: Place, given: Option<Given>) -> Held<'r> {
        Held { record: record.clone(), layout, place, given }
    }

    /// Which connector gave it.
    pub fn given(&self) -> Option<Given> {
        self.given
    }

    /// The object.
    pub fn view(&self) -> View<'_> {
        self.record.view_at(self.layout, self.place)
    }

    /// The record it stands in.
    pub fn record(&self) -> &Record {
        &self.record
    }
}

/// What one step brought for one object.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A record.
    Found {
        /// The record, read by the step's layout.
        record: Record,
        /// How it was had.
        fresh: Fresh,
        /// When the source said so.
        as_of: SystemTime,
    },
    /// The call was fine; the key is not in it.
    Absent {
        /// How that was had.
        fresh: Fresh,
        /// When the source said so.
        as_of: SystemTime,
    },
    /// A need of the connector is absent: this customer is not linked to that system.
    NotLinked,
    /// The call failed.
    Failed(Arc<Failure>),
    /// A call that this one needs failed.
    Blocked(Arc<Failure>),
    /// There was no reason to ask.
    NotAsked,
}

impl Outcome {
    /// The record, where one was found.
    pub fn record(&self) -> Option<&Record> {
        match self {
            Outcome::Found { record, .. } => Some(record),
            _ => None,
        }
    }
}

/// Whether an object is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    Present,
    /// Every system that decides says no.
    Gone,
    /// None found it and one could not be asked: shown, and marked.
    Unverified,
}
