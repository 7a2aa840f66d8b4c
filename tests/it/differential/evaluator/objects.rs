//! Objects: who is asked for their fields, whether they are there, and what each field then is.

use apollo_compiler::executable::{Field, SelectionSet};
use serde_json::json;

use super::pages::Page;
use super::telling::{Account, Note, Segment, Status, unavailable};
use super::ways_in::ROOT;
use super::{Carried, Evaluator, Fields, is_connection};
use crate::differential::departments::{self, Holding};
use crate::differential::held::{Held, Object};
use crate::differential::mishaps::Told;

/// What one holding said of one object.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Found(Vec<(&'static str, Held)>),
    Absent,
    NotLinked,
    Failed(Told),
    Blocked(Told),
    NotAsked,
}

pub(super) struct Step {
    pub(super) holding: &'static Holding,
    pub(super) fallback: bool,
    /// For each field that is read from it, whether it is a list.
    pub(super) wanted: Vec<bool>,
    pub(super) outcome: Outcome,
}

/// Whether an object is there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum There {
    Present,
    Gone,
    Unknown,
}

impl<'e> Evaluator<'e> {
    /// An object: `None` where it turned out not to be there.
    pub(super) fn object(
        &mut self,
        base: &Object,
        from: Option<&'static Holding>,
        looked_up: bool,
        sets: &[&'e SelectionSet],
        account: &mut Account,
    ) -> Result<Option<String>, Carried> {
        let fields = self.collect(base.ty, sets);
        let key = base.key("id");
        let mut steps: Vec<Step> = Vec::new();
        let mut sources: Vec<Vec<usize>> = Vec::new();
        for fields in fields.values() {
            sources.push(self.steps(base, fields[0], key.as_deref(), &mut steps));
        }
        let there = self.is_there(base, looked_up, key.as_deref(), &mut steps);
        let mut own = Account { notes: steps.iter().filter_map(note).collect(), unverified: there == There::Unknown };
        if there == There::Gone {
            if looked_up {
                account.add(&own);
            }
            // A stub that its own register does not know is left out: that register's part is not whole.
            let denied = steps.iter().filter(|step| {
                departments::registers(base.ty).contains(&step.holding.name) && matches!(step.outcome, Outcome::Absent)
            });
            for step in denied.filter(|_| !looked_up) {
                let department = step.holding.department;
                account.notes.push(Note {
                    department,
                    status: Status::Partial,
                    dated: false,
                    reason: None,
                    message: None,
                });
            }
            return Ok(None);
        }
        let mut members: Vec<(String, Option<String>, Fields<'e>)> = Vec::new();
        let mut carried = false;
        for ((name, fields), sources) in fields.into_iter().zip(sources) {
            self.path.push(Segment::Key(name.clone()));
            let value = match fields[0].name.as_str() {
                "coverage" => Ok(None),
                "__typename" => Ok(Some(json!(base.ty).to_string())),
                _ => self.field(base, from, &fields, &sources, &steps, &mut own).map(Some),
            };
            self.path.pop();
            match value {
                Ok(value) => members.push((name, value, fields)),
                Err(Carried) => {
                    carried = true;
                    break;
                }
            }
        }
        account.add(&own);
        if carried {
            return Err(Carried);
        }
        let mut out = Vec::new();
        for (name, value, fields) in members {
            let value = value.unwrap_or_else(|| self.coverage(&fields, &own));
            out.push(format!("{}:{value}", json!(name)));
        }
        Ok(Some(format!("{{{}}}", out.join(","))))
    }

    /// Asks whoever has a field. Which steps it is then read from, the preferred one first.
    pub(super) fn steps(&self, base: &Object, field: &Field, key: Option<&str>, steps: &mut Vec<Step>) -> Vec<usize> {
        let name = field.name.as_str();
        if base.get(name).is_some() || matches!(name, "__typename" | "coverage") {
            return Vec::new();
        }
        let is_list = field.ty().is_list() || field.ty().inner_named_type().ends_with("Connection");
        if let Some(order) = departments::preference(base.ty, name) {
            let mut chain: Vec<usize> = Vec::new();
            for name in order {
                let holding = departments::named(name);
                let fallback = !chain.is_empty();
                let found = chain.iter().any(|&step| matches!(steps[step].outcome, Outcome::Found(_)));
                let step = self.step(holding, fallback, !found, key, steps);
                steps[step].wanted.push(is_list);
                chain.push(step);
            }
            return chain;
        }
        let Some(holding) = departments::of(base.ty, name) else { return Vec::new() };
        let step = self.step(holding, false, true, key, steps);
        steps[step].wanted.push(is_list);
        vec![step]
    }

    /// Asks a holding, and first the one that knows the department's id; each once as what it is.
    pub(super) fn step(
        &self,
        holding: &'static Holding,
        fallback: bool,
        is_asked: bool,
        key: Option<&str>,
        steps: &mut Vec<Step>,
    ) -> usize {
        let known = steps.iter().position(|step| step.holding.name == holding.name && step.fallback == fallback);
        if let Some(known) = known {
            return known;
        }
        let outcome = match (is_asked, holding.after) {
            (false, _) => Outcome::NotAsked,
            (true, None) => self.ask(holding, key),
            (true, Some(needed)) => {
                let needed = self.step(departments::named(needed), false, true, key, steps);
                match &steps[needed].outcome {
                    Outcome::Found(_) => self.ask(holding, key),
                    Outcome::Failed(told) | Outcome::Blocked(told) => Outcome::Blocked(told.clone()),
                    Outcome::Absent | Outcome::NotLinked | Outcome::NotAsked => Outcome::NotLinked,
                }
            }
        };
        steps.push(Step { holding, fallback, wanted: Vec::new(), outcome });
        steps.len() - 1
    }

    pub(super) fn ask(&self, holding: &'static Holding, key: Option<&str>) -> Outcome {
        let Some(key) = key else { return Outcome::NotLinked };
        if let Some(told) = self.mishaps.iter().find_map(|mishap| mishap.fails(holding)) {
            return Outcome::Failed(told);
        }
        match (holding.look)(self.cast, key) {
            Some(mut fields) => {
                self.mishaps.iter().for_each(|mishap| mishap.bend(holding, &mut fields));
                Outcome::Found(fields)
            }
            None => Outcome::Absent,
        }
    }

    pub(super) fn is_there(&self, base: &Object, looked_up: bool, key: Option<&str>, steps: &mut Vec<Step>) -> There {
        let registers = departments::registers(base.ty);
        let found = |steps: &[Step]| steps.iter().any(|step| matches!(step.outcome, Outcome::Found(_)));
        let failed =
            |steps: &[Step]| steps.iter().any(|step| matches!(step.outcome, Outcome::Failed(_) | Outcome::Blocked(_)));
        if looked_up {
            if !found(steps) {
                for register in registers {
                    self.step(departments::named(register), false, true, key, steps);
                }
            }
            return match (found(steps), failed(steps)) {
                (true, _) => There::Present,
                (false, true) => There::Unknown,
                (false, false) => There::Gone,
            };
        }
        let is_stub = !registers.is_empty() && base.fields.len() == 1;
        // One that was asked by chance does not speak for the others.
        let denies = |register: &&str| {
            steps.iter().any(|step| step.holding.name == *register && matches!(step.outcome, Outcome::Absent))
        };
        let denied = registers.iter().all(denies);
        if is_stub && denied && !found(steps) && !failed(steps) { There::Gone } else { There::Present }
    }

    pub(super) fn field(
        &mut self,
        base: &Object,
        from: Option<&'static Holding>,
        fields: &Fields<'e>,
        sources: &[usize],
        steps: &[Step],
        account: &mut Account,
    ) -> Result<String, Carried> {
        let name = fields[0].name.as_str();
        if sources.is_empty() {
            if let Some(from) = from {
                account.fresh(from.department);
            }
            return self.complete(
                base.ty,
                fields,
                base.get(name).unwrap_or(&Held::Null),
                from.unwrap_or(ROOT),
                account,
            );
        }
        let sources = || sources.iter().map(|&source| &steps[source]);
        for step in sources() {
            if let Outcome::Found(held) = &step.outcome {
                let held = held.iter().find(|(known, _)| *known == name).map_or(&Held::Null, |(_, held)| held);
                return self.complete(base.ty, fields, held, step.holding, account);
            }
        }
        for step in sources() {
            if let Outcome::Failed(told) | Outcome::Blocked(told) = &step.outcome {
                self.failed(fields[0], step.holding.name, told);
                return Ok("null".to_owned());
            }
        }
        if sources().any(|step| matches!(step.outcome, Outcome::Absent)) {
            if is_connection(fields[0]) {
                return Ok(self.connection(fields, &Page::empty(), ROOT, account));
            }
            if fields[0].ty().is_list() {
                return Ok("[]".to_owned());
            }
        }
        Ok("null".to_owned())
    }
}

pub(super) fn note(step: &Step) -> Option<Note> {
    let department = step.holding.department;
    let said = |status, dated| Some(Note { department, status, dated, reason: None, message: None });
    match &step.outcome {
        Outcome::Found(_) => said(Status::Fresh, true),
        Outcome::Absent if !step.wanted.is_empty() && step.wanted.iter().all(|is_list| *is_list) => {
            said(Status::Fresh, true)
        }
        Outcome::Absent => said(Status::NotLinked, true),
        Outcome::NotLinked => said(Status::NotLinked, false),
        Outcome::Failed(told) => Some(unavailable(told)),
        Outcome::Blocked(_) | Outcome::NotAsked => None,
    }
}
