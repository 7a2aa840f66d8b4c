//! Fragments merged away: for every object type that may appear, one list of keys, as CollectFields makes it.

use std::collections::{BTreeSet, HashSet};

use apollo_compiler::ast::{DirectiveList, Value};
use apollo_compiler::executable::{ExecutableDocument, Field, Operation, Selection, SelectionSet};
use apollo_compiler::{Name, Node};
use indexmap::IndexMap;

use super::conditions::{Conditions, Tests};
use super::input::Scope;
use super::lexer::Lines;
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

/// Key → its occurrences, in the order of first appearance.
type Groups<'a> = IndexMap<&'a Name, Vec<(Tests, &'a Node<Field>)>>;

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
        let mut groups = Groups::new();
        let mut spread = HashSet::new();
        for (tests, set) in parts {
            self.collect(object, tests, set, &mut spread, &mut groups)?;
        }
        groups.into_iter().map(|(key, occurrences)| self.selected(key, occurrences)).collect()
    }

    fn collect(
        &mut self,
        object: &Name,
        tests: &Tests,
        set: &'a SelectionSet,
        spread: &mut HashSet<(&'a Name, Tests)>,
        groups: &mut Groups<'a>,
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
                Selection::Field(field) => groups.entry(field.response_key()).or_default().push((tests, field)),
                Selection::InlineFragment(inline) => {
                    if inline.type_condition.as_ref().is_none_or(|condition| self.contract.is(object, condition)) {
                        self.collect(object, &tests, &inline.selection_set, spread, groups)?;
                    }
                }
                Selection::FragmentSpread(named) => {
                    let Some(fragment) = self.document.fragments.get(&named.fragment_name) else {
                        continue;
                    };
                    if self.contract.is(object, fragment.type_condition())
                        && spread.insert((&fragment.name, tests.clone()))
                    {
                        self.collect(object, &tests, &fragment.selection_set, spread, groups)?;
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
                    let index = *self.scope.get(name.as_str())?;
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

    fn selected(&mut self, key: &Name, occurrences: Vec<(Tests, &'a Node<Field>)>) -> Result<Selected, Refusal> {
        // Validation saw to it that all occurrences have the same field and arguments.
        let first: &'a Node<Field> = occurrences[0].1;
        let location = self.lines.place(first.location().map_or(0, |span| span.offset()));
        let arguments =
            Arguments::read(&self.contract.inputs, &first.definition, &first.arguments, self.scope, location).map_err(
                |why| {
                    Refusal::one(
                        Reason::ValidationFailed,
                        Complaint::new(format!("{}: {why}", first.name)).at(location),
                    )
                },
            )?;
        let when = Conditions::any_of(occurrences.iter().map(|(tests, _)| tests.clone()));
        let leaf = first.selection_set.selections.is_empty();
        let of = if leaf {
            None
        } else {
            let alike = occurrences.iter().all(|(tests, _)| *tests == occurrences[0].0);
            let part = |(tests, field): (Tests, &'a Node<Field>)| {
                (if alike { Tests::new() } else { tests }, &field.selection_set)
            };
            let parts: Vec<Part<'a>> = occurrences.into_iter().map(part).collect();
            Some(self.selections(&first.selection_set.ty, &parts)?)
        };
        let ty = TypeRef::from(first.ty());
        Ok(Selected { key: key.to_string(), field: first.name.to_string(), arguments, when, location, ty, of })
    }
}
