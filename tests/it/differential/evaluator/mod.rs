//! The naive evaluator: executes a question as the specification says, over what the departments hold, and tells what
//! went wrong as the table of the design says. No batches, no plans, no cache.

mod objects;
mod pages;
mod telling;
mod values;
mod ways_in;

use std::collections::{BTreeMap, HashSet};

use apollo_compiler::Schema;
use apollo_compiler::ast::{self, DirectiveList};
use apollo_compiler::executable::{ExecutableDocument, Field, Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use c360::demo::cast::Cast;
use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::mishaps::Mishap;
use super::query::Query;
use telling::{Account, Segment, rows};
pub(super) use telling::{SOME_AGE, SOME_TIME};

/// A value may not be null and is.
struct Carried;

/// Selections of one response key that are to be answered together.
type Fields<'d> = Vec<&'d Field>;

pub(super) struct Evaluator<'e> {
    cast: &'e Cast,
    schema: &'e Valid<Schema>,
    mishaps: &'e [Mishap],
    text: &'e str,
    document: &'e ExecutableDocument,
    variables: BTreeMap<String, Json>,
    path: Vec<Segment>,
    /// How much of the path lies outside all lists.
    outside: Option<usize>,
    errors: Vec<String>,
    told: HashSet<(Vec<Segment>, String, String, Option<String>)>,
}

/// The whole answer, with marks in the places of times.
pub(super) fn answer(schema: &Valid<Schema>, cast: &Cast, mishaps: &[Mishap], query: &Query) -> String {
    let document = ExecutableDocument::parse_and_validate(schema, &query.text, "query.graphql").unwrap();
    let operation = document.operations.iter().next().unwrap();
    let mut variables = BTreeMap::new();
    for variable in &operation.variables {
        let given = query.variables.get(variable.name.as_str()).cloned();
        let value = given.or_else(|| variable.default_value.as_ref().map(|value| literal(value, &BTreeMap::new())));
        variables.extend(value.map(|value| (variable.name.to_string(), value)));
    }
    let mut evaluator = Evaluator {
        cast,
        schema,
        mishaps,
        text: &query.text,
        document: &document,
        variables,
        path: Vec::new(),
        outside: None,
        errors: Vec::new(),
        told: HashSet::new(),
    };
    let mut account = Account::default();
    let data = evaluator.root(&operation.selection_set, &mut account);
    let mut out = format!("{{\"data\":{}", data.unwrap_or_else(|_| "null".to_owned()));
    if !evaluator.errors.is_empty() {
        out.push_str(&format!(",\"errors\":[{}]", evaluator.errors.join(",")));
    }
    if query.wants_coverage {
        let names = ["department", "title", "status", "asOf", "ageSeconds", "reason", "message"];
        let fields: Vec<(&str, &str)> = names.iter().map(|name| (*name, *name)).collect();
        out.push_str(&format!(",\"extensions\":{{\"coverage\":{}}}", rows(&account, &fields)));
    }
    out.push('}');
    out
}

impl<'e> Evaluator<'e> {
    fn collect(&self, ty: &str, sets: &[&'e SelectionSet]) -> IndexMap<String, Fields<'e>> {
        let mut fields = IndexMap::new();
        let mut spread = HashSet::new();
        sets.iter().for_each(|set| self.collect_one(ty, set, &mut spread, &mut fields));
        fields
    }

    fn collect_one(
        &self,
        ty: &str,
        set: &'e SelectionSet,
        spread: &mut HashSet<String>,
        fields: &mut IndexMap<String, Fields<'e>>,
    ) {
        for selection in &set.selections {
            if !self.is_wanted(selection.directives()) {
                continue;
            }
            match selection {
                Selection::Field(field) => fields.entry(field.response_key().to_string()).or_default().push(field),
                Selection::InlineFragment(inline) => {
                    if inline.type_condition.as_ref().is_none_or(|condition| self.is_a(ty, condition)) {
                        self.collect_one(ty, &inline.selection_set, spread, fields);
                    }
                }
                Selection::FragmentSpread(named) => {
                    let fragment = &self.document.fragments[&named.fragment_name];
                    if spread.insert(named.fragment_name.to_string()) && self.is_a(ty, fragment.type_condition()) {
                        self.collect_one(ty, &fragment.selection_set, spread, fields);
                    }
                }
            }
        }
    }

    fn is_a(&self, ty: &str, condition: &str) -> bool {
        let implements = |ty: &ExtendedType| match ty {
            ExtendedType::Object(object) => object.implements_interfaces.iter().any(|name| name.name == *condition),
            _ => false,
        };
        ty == condition || implements(&self.schema.types[ty])
    }

    fn is_wanted(&self, directives: &DirectiveList) -> bool {
        let says = |name: &str| {
            let directive = directives.get(name)?;
            literal(directive.specified_argument_by_name("if")?, &self.variables).as_bool()
        };
        says("skip") != Some(true) && says("include") != Some(false)
    }

    fn argument(&self, field: &Field, name: &str) -> Json {
        field.specified_argument_by_name(name).map_or(Json::Null, |value| literal(value, &self.variables))
    }

    fn enter_list(&mut self) -> Option<usize> {
        let before = self.outside;
        self.outside.get_or_insert(self.path.len());
        before
    }
}

fn sets<'d>(fields: &Fields<'d>) -> Vec<&'d SelectionSet> {
    fields.iter().map(|field| &field.selection_set).collect()
}

fn is_connection(field: &Field) -> bool {
    field.ty().inner_named_type().ends_with("Connection")
}

fn literal(value: &ast::Value, variables: &BTreeMap<String, Json>) -> Json {
    match value {
        ast::Value::Boolean(flag) => json!(flag),
        ast::Value::Int(number) => json!(number.try_to_f64().unwrap() as i64),
        ast::Value::String(text) => json!(text),
        ast::Value::List(items) => items.iter().map(|item| literal(item, variables)).collect(),
        ast::Value::Variable(name) => variables.get(name.as_str()).cloned().unwrap_or(Json::Null),
        _ => Json::Null,
    }
}
