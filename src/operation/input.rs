//! Input coercion by the rules of the specification: literals when an operation is accepted, variables when it is bound.

use std::borrow::Cow;
use std::collections::HashMap;

use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Node, ast};
use indexmap::IndexMap;

use super::TypeRef;
use super::arguments::{Given, Slot};
use super::leaf::{Leaf, leaf_literal, leaf_value, number};
use super::scope::Scope;
use crate::mapping::{Object, Value};

/// Deepest nesting of defaults and literals; circular defaults end here.
const MAX_DEPTH: usize = 150;

/// Every input type of the contract, by name.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    pub(super) types: HashMap<String, Input>,
}

#[derive(Debug)]
pub(super) enum Input {
    Scalar(Leaf),
    Enum(Vec<String>),
    Object(InputObject),
}

#[derive(Debug)]
pub(super) struct InputObject {
    pub(super) fields: IndexMap<String, InputField>,
    /// Exactly one field, and not null: `@oneOf`.
    one_of: bool,
}

#[derive(Debug)]
pub(super) struct InputField {
    pub(super) ty: TypeRef,
    literal: Option<Node<ast::Value>>,
    /// `literal`, coerced.
    default: Option<Value<'static>>,
}

impl Inputs {
    /// Reads the input types of a valid schema. Errors: a default that does not fit its type, or defaults in a circle.
    pub(super) fn read(schema: &apollo_compiler::Schema) -> Result<Inputs, String> {
        let types = schema.types.iter().filter_map(|(name, ty)| Some((name.to_string(), input_of(name, ty)?)));
        let mut inputs = Inputs { types: types.collect() };
        let mut defaults = Vec::new();
        for (name, input) in &inputs.types {
            let Input::Object(object) = input else {
                continue;
            };
            for (field, InputField { ty, literal, .. }) in &object.fields {
                let Some(literal) = literal else { continue };
                let default =
                    inputs.constant(ty, literal).map_err(|why| format!("the default of {name}.{field}: {why}"))?;
                defaults.push((name.clone(), field.clone(), default));
            }
        }
        for (name, field, default) in defaults {
            if let Some(Input::Object(object)) = inputs.types.get_mut(&name)
                && let Some(field) = object.fields.get_mut(&field)
            {
                field.default = Some(default);
            }
        }
        Ok(inputs)
    }

    /// Coerces a literal that may not contain variables. Errors: what was expected.
    pub(super) fn constant(&self, ty: &TypeRef, literal: &Node<ast::Value>) -> Result<Value<'static>, String> {
        match self.literal(ty, literal, &Scope::default(), 0)? {
            Given::Constant(value) => Ok(value),
            _ => Err("a variable cannot stand here".to_owned()),
        }
    }

    /// Coerces a literal as far as it can be known without variables. Errors: what was expected.
    pub(super) fn literal(
        &self,
        ty: &TypeRef,
        literal: &Node<ast::Value>,
        scope: &Scope<'_>,
        depth: usize,
    ) -> Result<Given, String> {
        if depth > MAX_DEPTH {
            return Err("values nest too deeply".to_owned());
        }
        if let (TypeRef::Named { .. }, Some(index)) = (ty, scope.literal(literal)) {
            return Ok(Given::Variable(index));
        }
        match (&**literal, ty) {
            (ast::Value::Variable(name), _) => {
                scope.variable(name).map(Given::Variable).ok_or_else(|| "unknown variable".to_owned())
            }
            (ast::Value::Null, _) if ty.nullable() => Ok(Given::Constant(Value::Null)),
            (ast::Value::Null, _) => Err(format!("expected {ty}, found null")),
            (ast::Value::List(items), TypeRef::List { of, .. }) => {
                let slots = items.iter().map(|item| Ok(Slot::item(of, self.literal(of, item, scope, depth + 1)?)));
                slots.collect::<Result<_, String>>().map(Given::list)
            }
            (_, TypeRef::List { of, .. }) => {
                Ok(Given::list(vec![Slot::item(of, self.literal(of, literal, scope, depth + 1)?)]))
            }
            (_, TypeRef::Named { name, .. }) => match self.types.get(name) {
                Some(Input::Scalar(Leaf::Other)) => free(literal, scope, depth),
                Some(Input::Scalar(leaf)) => {
                    leaf_literal(*leaf, literal).map(Given::Constant).ok_or_else(|| expected(ty, literal))
                }
                Some(Input::Enum(values)) => match &**literal {
                    ast::Value::Enum(value) if values.iter().any(|known| known == value.as_str()) => {
                        Ok(text(value.as_str()))
                    }
                    _ => Err(expected(ty, literal)),
                },
                Some(Input::Object(object)) => match &**literal {
                    ast::Value::Object(members) => self.object_literal(object, members, scope, depth),
                    _ => Err(expected(ty, literal)),
                },
                None => Err(format!("{ty} is no input type")),
            },
        }
    }

    fn object_literal(
        &self,
        object: &InputObject,
        members: &[(apollo_compiler::Name, Node<ast::Value>)],
        scope: &Scope<'_>,
        depth: usize,
    ) -> Result<Given, String> {
        if let Some((unknown, _)) = members.iter().find(|(name, _)| !object.fields.contains_key(name.as_str())) {
            return Err(format!("unknown field {unknown}"));
        }
        let mut slots = Vec::with_capacity(object.fields.len());
        for (name, field) in &object.fields {
            let member = members.iter().find(|(member, _)| member.as_str() == name);
            // A default is coerced here rather than copied: while the table is built it is not there yet. It stands in
            // another text, and refers to nothing in this one.
            let given = match (member, &field.literal) {
                (Some((_, literal)), _) => Some(self.literal(&field.ty, literal, scope, depth + 1)?),
                (None, Some(default)) => Some(self.literal(&field.ty, default, &Scope::default(), depth + 1)?),
                (None, None) => None,
            };
            match given {
                Some(given) => {
                    slots.push(Slot {
                        name: name.clone(),
                        given,
                        default: field.default.clone(),
                        nullable: field.ty.nullable(),
                    });
                }
                None if field.ty.nullable() => {}
                None => return Err(format!("field {name} is required")),
            }
        }
        if object.one_of && (slots.len() != 1 || slots[0].given.is_null()) {
            return Err("exactly one field must be given, and not null".to_owned());
        }
        Ok(Given::object(slots, object.one_of))
    }

    /// Coerces a value that came as JSON. `path` grows with the way into it and is left at the place of an error.
    pub(super) fn value(&self, ty: &TypeRef, value: &Value<'_>, path: &mut String) -> Result<Value<'static>, String> {
        match (value, ty) {
            (Value::Null, _) if ty.nullable() => Ok(Value::Null),
            (Value::Null, _) => Err(format!("expected {ty}, found null")),
            (Value::List(items), TypeRef::List { of, .. }) => {
                let mut coerced = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    let length = path.len();
                    path.push_str(&format!("[{index}]"));
                    coerced.push(self.value(of, item, path)?);
                    path.truncate(length);
                }
                Ok(Value::List(coerced))
            }
            (_, TypeRef::List { of, .. }) => Ok(Value::List(vec![self.value(of, value, path)?])),
            (_, TypeRef::Named { name, .. }) => match (self.types.get(name), value) {
                (Some(Input::Scalar(Leaf::Other)), _) => Ok(value.clone().into_owned()),
                (Some(Input::Scalar(leaf)), _) => leaf_value(*leaf, value).ok_or_else(|| found(ty, value)),
                (Some(Input::Enum(values)), Value::Text(text)) if values.iter().any(|known| known == text) => {
                    Ok(Value::Text(Cow::Owned(text.to_string())))
                }
                (Some(Input::Object(object)), Value::Object(members)) => self.object_value(object, members, path),
                (Some(Input::Enum(_)), Value::Text(_)) => Err(format!("no such value of {name}")),
                (Some(_), _) => Err(found(ty, value)),
                (None, _) => Err(format!("{ty} is no input type")),
            },
        }
    }

    fn object_value(
        &self,
        object: &InputObject,
        members: &Object<'_>,
        path: &mut String,
    ) -> Result<Value<'static>, String> {
        if let Some((unknown, _)) = members.iter().find(|(name, _)| !object.fields.contains_key(*name)) {
            return Err(format!("unknown field {}", brief(unknown)));
        }
        if object.one_of && !(members.len() == 1 && members.iter().all(|(_, value)| !value.is_null())) {
            return Err("exactly one field must be given, and not null".to_owned());
        }
        let mut coerced: Vec<(Cow<'static, str>, Value<'static>)> = Vec::with_capacity(object.fields.len());
        for (name, field) in &object.fields {
            let value = match (members.get(name), &field.default) {
                (Some(value), _) => {
                    let length = path.len();
                    path.push('.');
                    path.push_str(name);
                    let value = self.value(&field.ty, value, path)?;
                    path.truncate(length);
                    value
                }
                (None, Some(default)) => default.clone(),
                (None, None) if field.ty.nullable() => continue,
                (None, None) => return Err(format!("field {name} is required")),
            };
            coerced.push((Cow::Owned(name.clone()), value));
        }
        Ok(Value::Object(coerced.into_iter().collect()))
    }
}

fn input_of(name: &str, ty: &ExtendedType) -> Option<Input> {
    match ty {
        ExtendedType::Scalar(_) => Some(Input::Scalar(Leaf::of(name))),
        ExtendedType::Enum(ty) => Some(Input::Enum(ty.values.keys().map(ToString::to_string).collect())),
        ExtendedType::InputObject(ty) => {
            let field = |field: &ast::InputValueDefinition| InputField {
                ty: TypeRef::from(&*field.ty),
                literal: field.default_value.clone(),
                default: None,
            };
            let fields = ty.fields.iter().map(|(name, definition)| (name.to_string(), field(definition))).collect();
            Some(Input::Object(InputObject { fields, one_of: ty.directives.has("oneOf") }))
        }
        _ => None,
    }
}

fn text(text: &str) -> Given {
    Given::Constant(Value::Text(Cow::Owned(text.to_owned())))
}

/// A literal for a scalar that takes any JSON.
fn free(literal: &Node<ast::Value>, scope: &Scope<'_>, depth: usize) -> Result<Given, String> {
    if depth > MAX_DEPTH {
        return Err("values nest too deeply".to_owned());
    }
    if let Some(index) = scope.literal(literal) {
        return Ok(Given::Variable(index));
    }
    let inner = |literal: &Node<ast::Value>| match &**literal {
        ast::Value::Variable(name) => {
            scope.variable(name).map(Given::Variable).ok_or_else(|| "unknown variable".to_owned())
        }
        _ => free(literal, scope, depth + 1),
    };
    Ok(match &**literal {
        ast::Value::List(items) => {
            let slots = items
                .iter()
                .map(|item| Ok(Slot { name: String::new(), given: inner(item)?, default: None, nullable: true }));
            Given::list(slots.collect::<Result<_, String>>()?)
        }
        ast::Value::Object(members) => {
            let slots = members.iter().map(|(name, member)| {
                Ok(Slot { name: name.to_string(), given: inner(member)?, default: None, nullable: true })
            });
            Given::object(slots.collect::<Result<_, String>>()?, false)
        }
        ast::Value::Null => Given::Constant(Value::Null),
        ast::Value::Boolean(flag) => Given::Constant(Value::Bool(*flag)),
        ast::Value::String(value) => text(value),
        ast::Value::Enum(value) => text(value.as_str()),
        ast::Value::Int(_) | ast::Value::Float(_) => {
            Given::Constant(Value::Number(number(literal).ok_or_else(|| "the number is too large".to_owned())?))
        }
        ast::Value::Variable(_) => return inner(literal),
    })
}

fn expected(ty: &TypeRef, literal: &ast::Value) -> String {
    let kind = match literal {
        ast::Value::Null => "null",
        ast::Value::Enum(_) => "enum value",
        ast::Value::Variable(_) => "variable",
        ast::Value::String(_) => "string",
        ast::Value::Float(_) | ast::Value::Int(_) => "number",
        ast::Value::Boolean(_) => "boolean",
        ast::Value::List(_) => "list",
        ast::Value::Object(_) => "object",
    };
    format!("expected {ty}, found {kind}")
}

/// Names what came by its kind; numbers are short and say more.
fn found(ty: &TypeRef, value: &Value<'_>) -> String {
    match value {
        Value::Number(number) => format!("expected {ty}, found {number}"),
        other => format!("expected {ty}, found {}", other.kind()),
    }
}

/// At most 40 characters of a name that a client made up.
pub(super) fn brief(name: &str) -> String {
    let mut short: String = name.chars().take(40).collect();
    if short.len() < name.len() {
        short.push('…');
    }
    short
}
