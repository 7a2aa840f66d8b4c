//! Variables, coerced by their declared types.

use super::input::brief;
use super::{Complaint, Literals, Operation, Reason, Refusal};
use crate::mapping::Value;

/// The variables of one request, coerced, and behind them the literals that its form leaves open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bound {
    values: Vec<Option<Value<'static>>>,
}

impl Bound {
    /// With the literals of the text, where the operation is that of its form.
    pub fn with(mut self, literals: &Literals) -> Bound {
        self.values.extend(literals.0.iter().cloned().map(Some));
        self
    }

    /// The value of the variable with this index in [`Operation::variables`]; `None` where it was
    /// omitted and has no default.
    pub fn get(&self, index: usize) -> Option<&Value<'static>> {
        self.values.get(index)?.as_ref()
    }

    /// The value of a variable that decides over fields; [`super::bind()`] has seen to it that it is one.
    pub(super) fn flag(&self, index: usize) -> bool {
        matches!(self.get(index), Some(Value::Bool(true)))
    }
}

/// Coerces `variables`, a JSON object (or null, or nothing), for `operation`. Unknown ones are ignored.
///
/// Errors: a refusal of at most ten complaints, each naming the variable and the way into it.
pub fn bind(operation: &Operation, variables: Option<&Value<'_>>) -> Result<Bound, Refusal> {
    let refuse = |complaints| Refusal { reason: Reason::VariablesInvalid, complaints };
    let given = match variables {
        None | Some(Value::Null) => None,
        Some(Value::Object(object)) => Some(object),
        Some(other) => {
            return Err(refuse(vec![Complaint::new(format!("variables must be an object, found {}", other.kind()))]));
        }
    };
    let mut bound = Bound { values: Vec::with_capacity(operation.variables.len()) };
    let mut complaints = Vec::new();
    for variable in &operation.variables {
        let value = match given.and_then(|given| given.get(&variable.name)) {
            Some(value) => coerce(operation, variable, value).map(Some),
            None if variable.default.is_some() => Ok(variable.default.clone()),
            None if variable.ty.nullable() => Ok(None),
            None => Err(format!("variable ${} of type {} is required", brief(&variable.name), variable.ty)),
        };
        match value {
            Ok(value) => bound.values.push(value),
            Err(message) if complaints.len() < super::refusal::MAX_COMPLAINTS => {
                complaints.push(Complaint::new(message).at(variable.location));
            }
            Err(_) => break,
        }
    }
    if !complaints.is_empty() {
        return Err(refuse(complaints));
    }
    for &index in &operation.deciding {
        if !matches!(bound.get(index), Some(Value::Bool(_))) {
            let variable = &operation.variables[index];
            let message = format!("variable ${} decides over fields and must be true or false", brief(&variable.name));
            return Err(refuse(vec![Complaint::new(message).at(variable.location)]));
        }
    }
    Ok(bound)
}

fn coerce(
    operation: &Operation,
    variable: &super::VariableDefinition,
    value: &Value<'_>,
) -> Result<Value<'static>, String> {
    let name = brief(&variable.name);
    if !nests_within(value, operation.variable_depth) {
        return Err(format!("variable ${name} nests deeper than {}", operation.variable_depth));
    }
    let mut path = name;
    operation.inputs.value(&variable.ty, value, &mut path).map_err(|why| format!("variable ${}: {why}", shorten(&path)))
}

/// The last 100 characters of a way: its end says where to look.
fn shorten(path: &str) -> String {
    let characters = path.chars().count();
    if characters <= 100 {
        path.to_owned()
    } else {
        format!("…{}", path.chars().skip(characters - 100).collect::<String>())
    }
}

fn nests_within(value: &Value<'_>, depth: usize) -> bool {
    match value {
        Value::List(items) => depth > 0 && items.iter().all(|item| nests_within(item, depth - 1)),
        Value::Object(members) => depth > 0 && members.iter().all(|(_, member)| nests_within(member, depth - 1)),
        _ => true,
    }
}
