//! The front door: text in, operation or refusal out.

use std::collections::BTreeSet;

use apollo_compiler::parser::Parser;
use apollo_compiler::validation::DiagnosticList;
use apollo_compiler::{ast, executable};

use super::flatten::Flatten;
use super::input::{Scope, brief};
use super::lexer::Lines;
use super::refusal::MAX_COMPLAINTS;
use super::{
    Complaint, Contract, Kind, Limits, Operation, Reason, Refusal, TypeRef, VariableDefinition, introspection, precheck,
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
    precheck::check(text, limits)?;
    let document = Parser::new().parse_ast(text, "").map_err(|wrong| refuse(Reason::ParseFailed, &wrong.errors))?;
    let document = document
        .to_executable_validate(&contract.schema)
        .map_err(|wrong| refuse(Reason::ValidationFailed, &wrong.errors))?;
    let operation = document.operations.get(operation_name).map_err(|_| unknown(operation_name))?;
    let lines = Lines::new(text);
    let variables = variables(contract, operation, &lines)?;
    let scope: Scope<'_> =
        operation.variables.iter().enumerate().map(|(index, variable)| (variable.name.as_str(), index)).collect();
    let mut flatten = Flatten::new(contract, &document, &scope, &lines, limits.flattened);
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
