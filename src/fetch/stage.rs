//! One stage: each step starts the moment its needs are there, each child the moment its objects are.

use futures_util::future::{BoxFuture, FutureExt, join_all};
use smallvec::{SmallVec, smallvec};

use super::children::count;
use super::group::{ChildGroup, Group, Held, Outcome, Presence};
use super::keys::{Asking, key, looked_up};
use super::loading::{Loading, Request};
use super::running::Running;
use crate::mapping::{Object, Value};
use crate::plan::{Existence, Feed, Need, Stage, StepKind};
use crate::record::{Fresh, Key, build};

/// Fetches what the objects of one stage want.
pub(super) fn run<'q, 'r: 'q>(
    request: &'q Request<'r>,
    stage: &'r Stage,
    bases: Vec<Option<Held<'r>>>,
) -> BoxFuture<'q, Group<'r>> {
    async move { Progress::new(request, stage, bases).run().await }.boxed()
}

/// What ended.
enum Event<'r> {
    Step(usize, Vec<Outcome>),
    Child(usize, ChildGroup<'r>),
}

/// One for each object of a stage, of which there mostly is one.
type PerObject<T> = SmallVec<[T; 1]>;

/// One for each of a few.
type Marks = SmallVec<[bool; 16]>;

/// How far a stage is.
struct Progress<'q, 'r> {
    request: &'q Request<'r>,
    stage: &'r Stage,
    group: Group<'r>,
    /// Steps that are wanted, by index.
    wanted: Marks,
    started: Marks,
    children_started: Marks,
    /// Once existence was looked at: which objects are still undecided. Later steps ask for these only.
    undecided: Option<Vec<bool>>,
    running: Running<'q, Event<'r>>,
}

impl<'q, 'r: 'q> Progress<'q, 'r> {
    fn new(request: &'q Request<'r>, stage: &'r Stage, bases: Vec<Option<Held<'r>>>) -> Progress<'q, 'r> {
        let steps = stage.steps.len();
        let group = Group {
            bases,
            steps: (0..steps).map(|_| None).collect(),
            children: (0..stage.children.len()).map(|_| None).collect(),
            presence: Vec::new(),
        };
        let mut progress = Progress {
            request,
            stage,
            group,
            wanted: smallvec![false; steps],
            started: smallvec![false; steps],
            children_started: smallvec![false; stage.children.len()],
            undecided: None,
            running: Running::new(),
        };
        let bound = &request.bindings.variables;
        for (index, step) in stage.steps.iter().enumerate() {
            if step.entries.iter().any(|&entry| stage.entries[entry].when.hold(bound)) {
                progress.want(index);
            }
        }
        progress
    }

    /// Marks a step and everything it waits for as wanted.
    fn want(&mut self, step: usize) {
        if std::mem::replace(&mut self.wanted[step], true) {
            return;
        }
        let waits_for: Vec<usize> = self.waits_for(step).collect();
        waits_for.into_iter().for_each(|earlier| self.want(earlier));
    }

    fn waits_for(&self, step: usize) -> impl Iterator<Item = usize> + use<'q, 'r> {
        let step = &self.stage.steps[step];
        let needs = step.needs.iter().filter_map(|need| match need {
            Need::From { step, .. } => Some(*step),
            Need::AtHand { .. } => None,
        });
        needs.chain(step.fallback_of)
    }

    async fn run(mut self) -> Group<'r> {
        if self.group.bases.is_empty() {
            return self.group;
        }
        loop {
            self.start_what_can();
            match self.running.next().await {
                Some(Event::Step(step, outcomes)) => self.group.steps[step] = Some(outcomes),
                Some(Event::Child(child, group)) => self.group.children[child] = Some(group),
                None if self.is_finished() => return self.group,
                None => {}
            }
        }
    }

    fn is_finished(&self) -> bool {
        let steps_done = self.wanted.iter().zip(&self.started).all(|(wanted, started)| !wanted || *started);
        steps_done && (self.stage.existence.is_none() || !self.group.presence.is_empty())
    }

    fn start_what_can(&mut self) {
        let mut progressed = true;
        // A look-up's keys are there at once, so starting one step may free another.
        while progressed {
            progressed = false;
            for step in 0..self.stage.steps.len() {
                if self.wanted[step]
                    && !self.started[step]
                    && self.waits_for(step).all(|earlier| self.group.steps[earlier].is_some())
                {
                    self.started[step] = true;
                    progressed = true;
                    self.start_step(step);
                }
            }
        }
        self.start_children();
        self.decide_existence();
    }

    fn start_step(&mut self, index: usize) {
        match &self.stage.steps[index].kind {
            StepKind::Keys { arguments, keys, layout, many } => {
                let given = looked_up(&self.request.bindings.arguments[arguments.0], keys, *many);
                let mut root = Object::with_capacity(1);
                root.insert(layout.slots[0].field.as_str(), given);
                let root = Value::Object(root);
                let record = build(layout, &root).record;
                let found = Outcome::Found { record, fresh: Fresh::Fresh, as_of: self.request.context.now };
                self.group.steps[index] = Some(vec![found; self.group.bases.len()]);
            }
            StepKind::Call { .. } => self.start_call(index),
        }
    }

    /// Gathers the keys of all objects and asks for the distinct ones. What is kept is there at once.
    fn start_call(&mut self, index: usize) {
        let StepKind::Call { connector, .. } = self.stage.steps[index].kind else { return };
        let keys: PerObject<Result<Key, Outcome>> =
            (0..self.group.bases.len()).map(|object| self.key(index, object)).collect();
        let mut distinct: Vec<Key> = keys.iter().filter_map(|key| key.as_ref().ok().cloned()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let slots: PerObject<Result<usize, Outcome>> = keys
            .into_iter()
            .map(|key| key.map(|key| distinct.binary_search(&key).expect("every key is among the distinct ones")))
            .collect();
        if distinct.is_empty() {
            self.group.steps[index] = Some(placed(slots, Vec::new()));
            return;
        }
        let request = self.request;
        let arguments = super::arguments::of_call(request, &self.stage.steps[index].kind);
        match request.load(connector, arguments, distinct) {
            Loading::Done(outcomes) => self.group.steps[index] = Some(placed(slots, outcomes)),
            loading => {
                let event = async move {
                    let outcomes = request.wait(connector, loading).await;
                    Event::Step(index, placed(slots, outcomes))
                };
                self.running.push(event.boxed());
            }
        }
    }

    /// The key of one object, or what is known without one.
    fn key(&self, step: usize, object: usize) -> Result<Key, Outcome> {
        if !self.is_asked(step, object) {
            return Err(Outcome::NotAsked);
        }
        match key(self.request, self.stage, step, &self.group, object) {
            Asking::Settled(outcome) => Err(outcome),
            Asking::Key(key) => Ok(key),
        }
    }

    /// Whether a step asks for this object: a fallback only where the earlier giver found nothing, a step for
    /// existence only where that is open.
    fn is_asked(&self, step: usize, object: usize) -> bool {
        let mut earlier = self.stage.steps[step].fallback_of;
        while let Some(preferred) = earlier {
            if self.group.outcome(preferred, object).record().is_some() {
                return false;
            }
            earlier = self.stage.steps[preferred].fallback_of;
        }
        self.undecided.as_ref().is_none_or(|undecided| undecided[object])
    }

    fn start_children(&mut self) {
        for index in 0..self.stage.children.len() {
            let child = &self.stage.children[index];
            if self.children_started[index] || !self.is_ready(child.entry) {
                continue;
            }
            self.children_started[index] = true;
            let bound = &self.request.bindings.variables;
            if !self.stage.entries[child.entry].when.hold(bound) || !child.when.iter().all(|when| when.hold(bound)) {
                continue;
            }
            let mut counted = count(self.request, self.stage, child, &self.group);
            let request = self.request;
            if !request.takes(counted.items.len()) {
                continue;
            }
            let bases = std::mem::take(&mut counted.bases);
            let mut groups = child.stages.per_type.iter().zip(bases).map(|(stage, bases)| run(request, stage, bases));
            let event = match (groups.next(), groups.len()) {
                (Some(only), 0) => only.map(move |group| Event::Child(index, counted.into_group(vec![group]))).boxed(),
                (first, _) => {
                    let groups = join_all(first.into_iter().chain(groups));
                    groups.map(move |groups| Event::Child(index, counted.into_group(groups))).boxed()
                }
            };
            self.running.push(event);
        }
    }

    fn is_ready(&self, entry: usize) -> bool {
        match &self.stage.entries[entry].from {
            Feed::Steps(origins) => {
                origins.iter().all(|origin| !self.wanted[origin.step] || self.group.steps[origin.step].is_some())
            }
            _ => true,
        }
    }

    /// Once every wanted call has ended: which objects are there. Where that is open, the deciding connectors that
    /// were not called yet are asked for just those objects.
    fn decide_existence(&mut self) {
        let Some(existence) = &self.stage.existence else { return };
        let all_ended = (0..self.wanted.len()).all(|step| !self.wanted[step] || self.group.steps[step].is_some());
        if !all_ended || !self.group.presence.is_empty() {
            return;
        }
        let count = self.group.bases.len();
        let found: Vec<bool> = (0..count).map(|object| self.is_found(object)).collect();
        let uncalled: Vec<usize> = existence.deciding.iter().copied().filter(|&step| !self.wanted[step]).collect();
        if !existence.stub && !uncalled.is_empty() && self.undecided.is_none() && found.contains(&false) {
            self.undecided = Some(found.iter().map(|found| !found).collect());
            uncalled.into_iter().for_each(|step| self.want(step));
            self.start_what_can();
            return;
        }
        self.group.presence = (0..count).map(|object| self.presence(existence, found[object], object)).collect();
    }

    fn is_found(&self, object: usize) -> bool {
        (0..self.stage.steps.len()).any(|step| self.group.outcome(step, object).record().is_some())
    }

    fn presence(&self, existence: &Existence, found: bool, object: usize) -> Presence {
        // That nobody was there of old is no more certain than that nobody can be asked.
        let failed = |step: usize| {
            let outcome = self.group.outcome(step, object);
            matches!(outcome, Outcome::Failed(_) | Outcome::Blocked(_) | Outcome::Absent { fresh: Fresh::Stale, .. })
        };
        let any_failed = || (0..self.stage.steps.len()).any(failed);
        if found {
            Presence::Present
        } else if existence.stub {
            if self.is_denied(existence, object) && !any_failed() { Presence::Gone } else { Presence::Present }
        } else if any_failed() {
            Presence::Unverified
        } else {
            Presence::Gone
        }
    }

    /// Whether those who decide over a stub say that it is not there. One connector may have been asked by two steps.
    fn is_denied(&self, existence: &Existence, object: usize) -> bool {
        let denies = |step: &usize| matches!(self.group.outcome(*step, object), Outcome::Absent { .. });
        let steps = &self.stage.steps;
        let alike = |one: usize, other: usize| match (&steps[one].kind, &steps[other].kind) {
            (StepKind::Call { connector: one, .. }, StepKind::Call { connector: other, .. }) => one == other,
            _ => false,
        };
        let deciding = &existence.deciding;
        if existence.named {
            deciding.iter().all(|&step| deciding.iter().filter(|other| alike(step, **other)).any(denies))
        } else {
            deciding.iter().any(denies)
        }
    }
}

/// The outcomes of the distinct keys, put where their objects are.
fn placed(slots: PerObject<Result<usize, Outcome>>, outcomes: Vec<Outcome>) -> Vec<Outcome> {
    if outcomes.len() == 1 && matches!(slots[..], [Ok(0)]) {
        return outcomes;
    }
    let outcome = |slot| match slot {
        Ok(position) => outcomes.get(position).cloned().unwrap_or(Outcome::NotAsked),
        Err(outcome) => outcome,
    };
    slots.into_iter().map(outcome).collect()
}
