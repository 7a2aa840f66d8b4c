//! An operation as text, for tests and `check --explain`.

use std::fmt;

use super::arguments::{Given, Slot};
use super::{Conditions, Kind, Operation, Selected, Selections};
use crate::mapping::Value;

impl fmt::Display for Operation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Query => "query",
            Kind::Mutation => "mutation",
            Kind::Subscription => "subscription",
        };
        write!(out, "{kind} {}", self.name.as_deref().unwrap_or("(unnamed)"))?;
        for variable in &self.variables {
            write!(out, " ${}: {}", variable.name, variable.ty)?;
            if let Some(default) = &variable.default {
                write!(out, " = {}", json(default))?;
            }
        }
        writeln!(out)?;
        self.selections(&self.root, 1, out)?;
        for key in self.introspection.iter().flat_map(|introspection| &introspection.keys) {
            write!(out, "about the contract, after {} keys:", key.position)?;
            writeln!(out)?;
            self.selected(&key.selected, 1, out)?;
        }
        Ok(())
    }
}

impl Operation {
    fn selections(&self, selections: &Selections, depth: usize, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, selected) in &selections.per_type {
            writeln!(out, "{:indent$}on {name}", "", indent = 2 * depth - 1)?;
            selected.iter().try_for_each(|selected| self.selected(selected, depth, out))?;
        }
        Ok(())
    }

    fn selected(&self, selected: &Selected, depth: usize, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:indent$}", "", indent = 2 * depth)?;
        if selected.key != selected.field {
            write!(out, "{}: ", selected.key)?;
        }
        write!(out, "{}", selected.field)?;
        if !selected.arguments.is_empty() {
            write!(out, "({})", self.slots(selected.arguments.slots()))?;
        }
        if !selected.when.is_always() {
            write!(out, " if {}", self.tests(&selected.when))?;
        }
        writeln!(out)?;
        selected.of.as_ref().map_or(Ok(()), |of| self.selections(of, depth + 1, out))
    }

    fn tests(&self, when: &Conditions) -> String {
        let test = |(index, wanted): &(usize, bool)| {
            format!("{}${}", if *wanted { "" } else { "not " }, self.variables[*index].name)
        };
        let all = |tests: &std::collections::BTreeSet<(usize, bool)>| {
            tests.iter().map(test).collect::<Vec<_>>().join(" and ")
        };
        when.alternatives().map(all).collect::<Vec<_>>().join(", or ")
    }

    fn slots(&self, slots: &[Slot]) -> String {
        let slot = |slot: &Slot| match slot.name.as_str() {
            "" => self.given(&slot.given),
            name => format!("{name}: {}", self.given(&slot.given)),
        };
        slots.iter().map(slot).collect::<Vec<_>>().join(", ")
    }

    fn given(&self, given: &Given) -> String {
        match given {
            Given::Constant(value) => json(value),
            Given::Variable(index) => match self.variables.get(*index) {
                Some(variable) => format!("${}", variable.name),
                None => format!("(literal {})", index - self.variables.len()),
            },
            Given::List(items) => format!("[{}]", self.slots(items)),
            Given::Object(members, _) => format!("{{{}}}", self.slots(members)),
        }
    }
}

fn json(value: &Value<'_>) -> String {
    let mut bytes = Vec::new();
    value.write(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
