//! The front door: text in, operation or refusal out.

use std::collections::BTreeSet;

use apollo_compiler::parser::Parser;
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, ast, executable};

use super::flatten::Flatten;
use super::input::brief;
use super::lexer::Lines;
use super::open::Open;
use super::refusal::MAX_COMPLAINTS;
use super::scope::Scope;
use super::{
    Complaint, Contract, Kind, Limits, Operation, Reason, Refusal, Spelling, TypeRef, VariableDefinition,
    introspection, precheck,
};

/// Counts, parses, validates and flattens `text`, choosing the operation by name where there are several.
///
/// Whether it is accepted depends on the text alone, never on variables: the operation may be remembered.
/// Errors: the first stage that objects; at most ten complaints, none quoting long input.
pub fn accept(
    contract: &Contract,
    limits: &Limits,
    text: &str,
    operation_name: Option<&str>,
) -> Result<Operation, Refusal> {
    let document = validated(contract, limits, text)?;
    read(contract, limits, text, operation_name, &document, None)
}

/// The same for all texts of the form that `text` has: what stands in the places of its literals is left open, to be
/// filled by [`Operation::fit`]. Where that cannot be, the operation of this text alone, as [`accept()`] gives it.
pub fn accept_form(
    contract: &Contract,
    limits: &Limits,
    text: &str,
    operation_name: Option<&str>,
    spelling: &Spelling<'_>,
) -> Result<Operation, Refusal> {
    let document = validated(contract, limits, text)?;
    let read = |open| read(contract, limits, text, operation_name, &document, open);
    // A literal that does not fit is found here, and told of where nothing is left open.
    let form = Open::find(contract, &document, spelling).and_then(|open| read(Some(open)).ok());
    match form.filter(|form| form.fit(spelling).is_some()) {
        Some(form) => Ok(form),
        None => read(None),
    }
}

fn validated(contract: &Contract, limits: &Limits, text: &str) -> Result<Valid<ExecutableDocument>, Refusal> {
    precheck::check(text, limits)?;
    let document = Parser::new().parse_ast(text, "").map_err(|wrong| refuse(Reason::ParseFailed, &wrong.errors))?;
    document.to_executable_validate(&contract.schema).map_err(|wrong| refuse(Reason::ValidationFailed, &wrong.errors))
}

fn read(
    contract: &Contract,
    limits: &Limits,
    text: &str,
    operation_name: Option<&str>,
    document: &ExecutableDocument,
    open: Option<Open>,
) -> Result<Operation, Refusal> {
    let operation = document.operations.get(operation_name).map_err(|_| unknown(operation_name))?;
    let lines = Lines::new(text);
    let variables = variables(contract, operation, &lines)?;
    let scope = Scope::new(operation.variables.iter().map(|variable| variable.name.as_str()), open.as_ref());
    let mut flatten = Flatten::new(contract, document, &scope, &lines, limits.flattened);
    let mut root = flatten.root(operation)?;
    let deciding = std::mem::take(&mut flatten.deciding);
    let introspection = introspection::take(&mut root, contract, limits)?;
    Ok(Operation {
        kind: match operation.operation_type {
            ast::OperationType::Query => Kind::Query,
            ast::OperationType::Mutation => Kind::Mutation,
            ast::OperationType::Subscription => Kind::Subscription,
        },
        name: operation.name.as_ref().map(ToString::to_string),
        variables,
        root,
        introspection,
        open: open.map(|open| open.slots),
        inputs: contract.inputs.clone(),
        deciding: deciding.into_iter().collect(),
        variable_depth: limits.variable_depth,
    })
}

fn unknown(name: Option<&str>) -> Refusal {
    let message = match name {
        Some(name) => format!("the document has no operation named {}", brief(name)),
        None => "the document has no operation, or several: name one".to_owned(),
    };
    Refusal::one(Reason::OperationUnknown, Complaint::new(message))
}

fn variables(
    contract: &Contract,
    operation: &executable::Operation,
    lines: &Lines,
) -> Result<Vec<VariableDefinition>, Refusal> {
    let read = |variable: &apollo_compiler::Node<ast::VariableDefinition>| {
        let ty = TypeRef::from(&*variable.ty);
        let location = lines.place(variable.location().map_or(0, |span| span.offset()));
        let default = variable.default_value.as_ref().map(|literal| contract.inputs.constant(&ty, literal)).transpose();
        let default = default.map_err(|why| {
            let complaint = Complaint::new(format!("the default of ${}: {why}", brief(&variable.name))).at(location);
            Refusal::one(Reason::ValidationFailed, complaint)
        })?;
        Ok(VariableDefinition { name: variable.name.to_string(), ty, default, location })
    };
    operation.variables.iter().map(read).collect()
}

/// The compiler drops unknown fields before it looks at what is left: of `{ customer { salary } }` it says first that
/// `customer` lacks a selection.
const FOLLOWS_FROM_OTHERS: &str = "must have a selection of subfields";

/// The first complaints of the compiler, in the order of their places, those last that may follow from others.
fn refuse(reason: Reason, errors: &DiagnosticList) -> Refusal {
    let mut seen = BTreeSet::new();
    let complaints = errors.iter().filter_map(|error| {
        let error = error.unstable_to_json_compat();
        let place = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let mut complaint = Complaint::new(error.message);
        complaint.locations = error.locations.iter().take(2).map(|at| (place(at.line), place(at.column))).collect();
        seen.insert((complaint.message.clone(), complaint.locations.clone())).then_some(complaint)
    });
    let (last, mut first): (Vec<_>, Vec<_>) =
        complaints.partition(|complaint: &Complaint| complaint.message.contains(FOLLOWS_FROM_OTHERS));
    first.extend(last);
    first.truncate(MAX_COMPLAINTS);
    Refusal { reason, complaints: first }
}
