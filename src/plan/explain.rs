//! A plan in words: what is called, what each call waits for, and what starts at once.

use std::fmt::Write as _;

use super::stage::{Need, Plan, Stage, Step, StepKind};
use crate::catalog::{Catalog, Connector};

impl Plan {
    /// The steps as indented text: one line per call with its source, request line, width and what it waits for.
    pub fn explain(&self, catalog: &Catalog) -> String {
        let mut out = String::new();
        stage(&mut out, catalog, &self.root, 0);
        if out.is_empty() {
            out.push_str("nothing is called\n");
        }
        out
    }
}

fn stage(out: &mut String, catalog: &Catalog, stage_shown: &Stage, depth: usize) {
    let indent = "  ".repeat(depth);
    for (index, step) in stage_shown.steps.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = match &step.kind {
            StepKind::Keys { keys, many, .. } => {
                let keys: Vec<String> = keys.iter().map(|(argument, field)| format!("{field} = ${argument}")).collect();
                let each = if *many { ", one object per entry" } else { "" };
                writeln!(
                    out,
                    "{indent}{}[{index}] keys from the arguments: {}{each}",
                    stage_shown.type_name,
                    keys.join(", ")
                )
            }
            StepKind::Call { connector, .. } => {
                let connector = catalog.connector(*connector);
                writeln!(
                    out,
                    "{indent}{}[{index}] {}",
                    stage_shown.type_name,
                    call(catalog, stage_shown, step, connector)
                )
            }
        };
    }
    for child in &stage_shown.children {
        for below in &child.stages.per_type {
            let key = &stage_shown.entries[child.entry].key;
            let _ = writeln!(out, "{indent}{key}: {}", below.type_name);
            stage(out, catalog, below, depth + 1);
        }
    }
}

fn call(catalog: &Catalog, stage: &Stage, step: &Step, connector: &Connector) -> String {
    let source = connector.source.map_or("", |source| catalog.source(source).name.as_str());
    let width = match connector.width() {
        1 => "one call per key".to_owned(),
        usize::MAX => "all keys in one call".to_owned(),
        width => format!("up to {width} keys per call"),
    };
    let waits: Vec<String> = step
        .needs
        .iter()
        .zip(&connector.needs)
        .filter_map(|(need, name)| match need {
            Need::From { step: giver, .. } => match &stage.steps[*giver].kind {
                StepKind::Call { connector, .. } => Some(format!("{name} from {}", catalog.connector(*connector).id)),
                StepKind::Keys { .. } => None,
            },
            Need::AtHand { .. } => None,
        })
        .collect();
    let start =
        if waits.is_empty() { "starts at once".to_owned() } else { format!("waits for {}", waits.join(" and ")) };
    let fields: Vec<&str> = step.entries.iter().map(|&entry| stage.entries[entry].field.as_str()).collect();
    let gives = if step.only_for_existence {
        "only where it is open whether the object exists".to_owned()
    } else if fields.is_empty() {
        "for the needs of others".to_owned()
    } else {
        format!("for {}", fields.join(", "))
    };
    let fallback = if step.fallback_of.is_some() { ", only where the preferred giver has nothing" } else { "" };
    format!("{} ({source}): {width}, {start}, {gives}{fallback}", connector.id)
}
