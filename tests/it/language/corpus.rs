//! Programs worth keeping: for each thing that a program was ever seen to do, the smallest that did it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::Value as Json;

use super::choose::{self, Test};
use super::{agree, compiled, written};

/// Where to write what was kept, as cases of conformance; nothing is written where it is not set.
const FILE: &str = "C360_CORPUS";

#[derive(Default)]
pub struct Corpus {
    /// By what it did: the choices that made the program.
    kept: BTreeMap<String, Vec<u16>>,
}

impl Corpus {
    /// Keeps a program for what nobody did yet.
    pub fn consider(&mut self, choices: &[u16], seen: &BTreeSet<String>) {
        for what in seen {
            if !self.kept.contains_key(what) {
                self.kept.insert(what.clone(), choices.to_vec());
            }
        }
    }

    /// Writes the programs, made small, where that is asked for.
    pub fn keep(self) {
        let Some(file) = std::env::var_os(FILE) else { return };
        let mut done = BTreeSet::new();
        let mut out = String::from(
            "# Small programs that do, each, something that none before it does; found by tests/it/language.\n\
             conformance: what two readings of the language agree upon\ncases:\n",
        );
        for (what, choices) in &self.kept {
            if done.contains(what) {
                continue;
            }
            let small = reduced(choices, what);
            let test = choose::test(&small);
            done.extend(agree(&test).expect("it was agreed upon"));
            case(&mut out, what, &test);
        }
        std::fs::write(file, out).unwrap();
    }
}

/// The choices, as few and as small as they can be for the program still to do this.
fn reduced(choices: &[u16], what: &str) -> Vec<u16> {
    let does = |choices: &[u16]| agree(&choose::test(choices)).is_ok_and(|seen| seen.contains(what));
    let mut best = choices.to_vec();
    loop {
        let before = best.clone();
        for width in [32, 16, 8, 4, 2, 1] {
            let mut at = 0;
            while at < best.len() {
                let mut fewer = best.clone();
                fewer.drain(at..(at + width).min(best.len()));
                if does(&fewer) {
                    best = fewer;
                } else {
                    at += 1;
                }
            }
        }
        for at in 0..best.len() {
            for smaller in 0..best[at].min(12) {
                let mut other = best.clone();
                other[at] = smaller;
                if does(&other) {
                    best = other;
                    break;
                }
            }
        }
        if best == before {
            return best;
        }
    }
}

fn case(out: &mut String, what: &str, test: &Test) {
    let text = test.program.to_string();
    let (value, problems) = compiled(&text, test).expect("it was agreed upon");
    let quoted = |text: &str| Json::from(text).to_string();
    writeln!(out, "  - name: {}\n    selection: {}", quoted(what), quoted(&text)).unwrap();
    if let Some(input) = &test.input {
        writeln!(out, "    input: {}", written(input)).unwrap();
    }
    let args = test.args.as_ref().map(|args| format!("\"$args\": {}, ", written(args))).unwrap_or_default();
    writeln!(out, "    variables: {{{args}\"$status\": 200}}").unwrap();
    if let Some(value) = value {
        writeln!(out, "    value: {value}").unwrap();
    }
    if !problems.is_empty() {
        writeln!(out, "    problems:").unwrap();
        for problem in problems {
            writeln!(out, "      - {}", quoted(&problem)).unwrap();
        }
    }
}
