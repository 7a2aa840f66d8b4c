//! Fragments merged away: for every object type that may appear, one list of keys, as CollectFields makes it.

use std::collections::{BTreeSet, HashSet};

use apollo_compiler::ast::{DirectiveList, Value};
use apollo_compiler::executable::{ExecutableDocument, Field, Operation, Selection, SelectionSet};
use apollo_compiler::{Name, Node};
use indexmap::IndexMap;

use super::conditions::{Conditions, Tests};
use super::lexer::Lines;
use super::scope::Scope;
use super::{Arguments, Complaint, Contract, Reason, Refusal, Selected, Selections, TypeRef};

/// Walks one valid operation.
pub(super) struct Flatten<'a> {
    contract: &'a Contract,
    document: &'a ExecutableDocument,
    scope: &'a Scope<'a>,
    lines: &'a Lines,
    limit: usize,
    visited: usize,
    /// Variables that decide over fields.
    pub(super) deciding: BTreeSet<usize>,
}

/// A selection set, there where the tests hold.
type Part<'a> = (Tests, &'a SelectionSet);

/// The fields of one object where they are written, in that order: key, what must hold, field.
type Written<'a> = Vec<(&'a Name, Tests, &'a Node<Field>)>;

impl<'a> Flatten<'a> {
    pub(super) fn new(
        contract: &'a Contract,
        document: &'a ExecutableDocument,
        scope: &'a Scope<'a>,
        lines: &'a Lines,
        limit: usize,
    ) -> Self {
        Flatten { contract, document, scope, lines, limit, visited: 0, deciding: BTreeSet::new() }
    }

    pub(super) fn root(&mut self, operation: &'a Operation) -> Result<Selections, Refusal> {
        let set = &operation.selection_set;
        self.selections(&set.ty, &[(Tests::new(), set)])
    }

    fn selections(&mut self, ty: &'a Name, parts: &[Part<'a>]) -> Result<Selections, Refusal> {
        let contract = self.contract;
        let possible = contract.possible_types(ty).into_iter();
        let per_type = possible.map(|object| Ok((object.to_string(), self.object(object, parts)?)));
        Ok(Selections { per_type: per_type.collect::<Result<_, Refusal>>()? })
    }

    fn object(&mut self, object: &Name, parts: &[Part<'a>]) -> Result<Vec<Selected>, Refusal> {
        let mut written = Written::new();
        let mut spread = HashSet::new();
        for (tests, set) in parts {
            self.collect(object, tests, set, &mut spread, &mut written)?;
        }
        let mut keys = HashSet::with_capacity(written.len());
        if written.iter().all(|(key, ..)| keys.insert(*key)) {
            let once = |one| self.selected(one, Conditions::any_of([one.1.clone()]), &[one]);
            return written.iter().map(once).collect();
        }
        let mut occurrences: IndexMap<&Name, Vec<usize>> = IndexMap::new();
        for (place, (key, ..)) in written.iter().enumerate() {
            occurrences.entry(key).or_default().push(place);
        }
        let mut turns: Vec<(usize, Conditions)> =
            occurrences.values().flat_map(|places| turns(&written, places)).collect();
        turns.sort_by_key(|(place, _)| *place);
        let all = |place: usize| occurrences[written[place].0].iter().map(|&place| &written[place]).collect::<Vec<_>>();
        turns.into_iter().map(|(place, when)| self.selected(&written[place], when, &all(place))).collect()
    }

    fn collect(
        &mut self,
        object: &Name,
        tests: &Tests,
        set: &'a SelectionSet,
        spread: &mut HashSet<(&'a Name, Tests)>,
        written: &mut Written<'a>,
    ) -> Result<(), Refusal> {
        for selection in &set.selections {
            self.visited += 1;
            if self.visited > self.limit {
                return Err(Refusal::limit(format!(
                    "the operation has more than {} selections, written out per object type",
                    self.limit
                )));
            }
            let Some(tests) = self.tests(tests, selection.directives()) else {
                continue;
            };
            match selection {
                Selection::Field(field) => written.push((field.response_key(), tests, field)),
                Selection::InlineFragment(inline) => {
                    if inline.type_condition.as_ref().is_none_or(|condition| self.contract.is(object, condition)) {
                        self.collect(object, &tests, &inline.selection_set, spread, written)?;
                    }
                }
                Selection::FragmentSpread(named) => {
                    let Some(fragment) = self.document.fragments.get(&named.fragment_name) else {
                        continue;
                    };
                    if self.contract.is(object, fragment.type_condition())
                        && spread.insert((&fragment.name, tests.clone()))
                    {
                        self.collect(object, &tests, &fragment.selection_set, spread, written)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// What must hold beside `outer` for these directives; `None`: it is never there.
    fn tests(&mut self, outer: &Tests, directives: &DirectiveList) -> Option<Tests> {
        let mut tests = outer.clone();
        for directive in directives.iter() {
            let wanted = match directive.name.as_str() {
                "include" => true,
                "skip" => false,
                _ => continue,
            };
            match directive.specified_argument_by_name("if").map(|value| &**value) {
                Some(Value::Boolean(flag)) if *flag != wanted => return None,
                Some(Value::Variable(name)) => {
                    let index = self.scope.variable(name)?;
                    self.deciding.insert(index);
                    if tests.contains(&(index, !wanted)) {
                        return None;
                    }
                    tests.insert((index, wanted));
                }
                _ => {}
            }
        }
        Some(tests)
    }

    /// `first` of `all` decides over its place and location.
    fn selected(
        &mut self,
        first: &(&'a Name, Tests, &'a Node<Field>),
        when: Conditions,
        all: &[&(&'a Name, Tests, &'a Node<Field>)],
    ) -> Result<Selected, Refusal> {
        // Validation saw to it that all occurrences have the same field and arguments.
        let (key, tests, field) = first;
        let location = self.lines.place(field.location().map_or(0, |span| span.offset()));
        let arguments =
            Arguments::read(&self.contract.inputs, &field.definition, &field.arguments, self.scope, location).map_err(
                |why| {
                    Refusal::one(
                        Reason::ValidationFailed,
                        Complaint::new(format!("{}: {why}", field.name)).at(location),
                    )
                },
            )?;
        let of = if field.selection_set.selections.is_empty() {
            None
        } else {
            let alike = all.iter().all(|(_, other, _)| other == tests);
            let part = |(_, tests, field): &(&'a Name, Tests, &'a Node<Field>)| {
                (if alike { Tests::new() } else { tests.clone() }, &field.selection_set)
            };
            let parts: Vec<Part<'a>> = all.iter().copied().map(part).collect();
            Some(self.selections(&field.selection_set.ty, &parts)?)
        };
        let ty = TypeRef::from(field.ty());
        Ok(Selected { key: key.to_string(), field: field.name.to_string(), arguments, when, location, ty, of })
    }
}

/// Where a key stands in the response: with its first occurrence that holds. That may be another one with other
/// variables; then the key has several turns, of which never more than one holds.
fn turns(written: &Written<'_>, places: &[usize]) -> Vec<(usize, Conditions)> {
    let tests = |place: usize| &written[place].1;
    let anywhere = || vec![(places[0], Conditions::any_of(places.iter().map(|&place| tests(place).clone())))];
    if places.iter().all(|&place| tests(place).is_superset(tests(places[0]))) {
        return anywhere();
    }
    let mut turns = Vec::new();
    let mut earlier: BTreeSet<&Tests> = BTreeSet::new();
    // Occurrences with nothing between them take one place.
    for run in places.chunk_by(|before, after| before + 1 == *after) {
        let run_tests = run.iter().map(|&place| tests(place).clone());
        let Some(when) = Conditions::any_but(run_tests, earlier.iter().copied()) else { return anywhere() };
        turns.extend(when.map(|when| (run[0], when)));
        earlier.extend(run.iter().map(|&place| tests(place)));
    }
    turns
}
