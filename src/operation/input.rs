//! Input coercion by the rules of the specification: literals when an operation is accepted, variables when it is bound.

use std::borrow::Cow;
use std::collections::HashMap;

use apollo_compiler::ast;
use apollo_compiler::schema::ExtendedType;
use indexmap::IndexMap;
use serde_json::Number;

use super::TypeRef;
use super::arguments::{Given, Slot};
use crate::mapping::{Object, Value};

/// Deepest nesting of defaults and literals; circular defaults end here.
const MAX_DEPTH: usize = 150;

/// Every input type of the contract, by name.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    types: HashMap<String, Input>,
}

#[derive(Debug)]
enum Input {
    Scalar(Leaf),
    Enum(Vec<String>),
    Object(InputObject),
}

#[derive(Debug)]
struct InputObject {
    fields: IndexMap<String, InputField>,
    /// Exactly one field, and not null: `@oneOf`.
    one_of: bool,
}

#[derive(Debug)]
struct InputField {
    ty: TypeRef,
    literal: Option<apollo_compiler::Node<ast::Value>>,
    /// `literal`, coerced.
    default: Option<Value<'static>>,
}

/// How a scalar's values are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaf {
    Int,
    Float,
    Text,
    Boolean,
    Id,
    DateTime,
    Date,
    Decimal,
    /// Whatever JSON there is.
    Other,
}

impl Leaf {
    fn of(name: &str) -> Leaf {
        match name {
            "Int" => Leaf::Int,
            "Float" => Leaf::Float,
            "String" => Leaf::Text,
            "Boolean" => Leaf::Boolean,
            "ID" => Leaf::Id,
            "DateTime" => Leaf::DateTime,
            "Date" => Leaf::Date,
            "Decimal" => Leaf::Decimal,
            _ => Leaf::Other,
        }
    }
}

/// What a literal may refer to: variable names to their indices.
pub(super) type Scope<'a> = HashMap<&'a str, usize>;

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
    pub(super) fn constant(&self, ty: &TypeRef, literal: &ast::Value) -> Result<Value<'static>, String> {
        match self.literal(ty, literal, &Scope::new(), 0)? {
            Given::Constant(value) => Ok(value),
            _ => Err("a variable cannot stand here".to_owned()),
        }
    }

    /// Coerces a literal as far as it can be known without variables. Errors: what was expected.
    pub(super) fn literal(
        &self,
        ty: &TypeRef,
        literal: &ast::Value,
        scope: &Scope<'_>,
        depth: usize,
    ) -> Result<Given, String> {
        if depth > MAX_DEPTH {
            return Err("values nest too deeply".to_owned());
        }
        match (literal, ty) {
            (ast::Value::Variable(name), _) => {
                scope.get(name.as_str()).copied().map(Given::Variable).ok_or_else(|| "unknown variable".to_owned())
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
                Some(Input::Enum(values)) => match literal {
                    ast::Value::Enum(value) if values.iter().any(|known| known == value.as_str()) => {
                        Ok(text(value.as_str()))
                    }
                    _ => Err(expected(ty, literal)),
                },
                Some(Input::Object(object)) => match literal {
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
        members: &[(apollo_compiler::Name, apollo_compiler::Node<ast::Value>)],
        scope: &Scope<'_>,
        depth: usize,
    ) -> Result<Given, String> {
        if let Some((unknown, _)) = members.iter().find(|(name, _)| !object.fields.contains_key(name.as_str())) {
            return Err(format!("unknown field {unknown}"));
        }
        let mut slots = Vec::with_capacity(object.fields.len());
        for (name, field) in &object.fields {
            let member = members.iter().find(|(member, _)| member.as_str() == name);
            // A default is coerced here rather than copied: while the table is built it is not there yet.
            let literal = member.map(|(_, literal)| literal).or(field.literal.as_ref());
            match literal {
                Some(literal) => {
                    let given = self.literal(&field.ty, literal, scope, depth + 1)?;
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

    /// Prints a coerced default as introspection shows it.
    pub(super) fn print(&self, ty: &TypeRef, value: &Value<'_>, out: &mut String) {
        match (value, ty) {
            (Value::List(items), TypeRef::List { of, .. }) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    self.print(of, item, out);
                }
                out.push(']');
            }
            (Value::Object(members), TypeRef::Named { name, .. }) => {
                let fields = match self.types.get(name) {
                    Some(Input::Object(object)) => Some(&object.fields),
                    _ => None,
                };
                out.push('{');
                for (index, (name, member)) in members.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { " " });
                    out.push_str(name);
                    out.push_str(": ");
                    // Inside a free scalar the type stays the scalar's.
                    let ty = fields.and_then(|fields| fields.get(name)).map_or(ty, |field| &field.ty);
                    self.print(ty, member, out);
                }
                out.push_str(if members.is_empty() { "}" } else { " }" });
            }
            (Value::Text(text), TypeRef::Named { name, .. }) => match self.types.get(name) {
                Some(Input::Enum(_)) => out.push_str(text),
                Some(Input::Scalar(Leaf::Id)) if is_integer(text) => out.push_str(text),
                _ => print_text(text, out),
            },
            (Value::Number(number), _) => print_number(number, out),
            (Value::Bool(flag), _) => out.push_str(if *flag { "true" } else { "false" }),
            (Value::Null, _) => out.push_str("null"),
            (Value::List(items), TypeRef::Named { .. }) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    self.print(ty, item, out);
                }
                out.push(']');
            }
            (_, TypeRef::List { of, .. }) => self.print(of, value, out),
        }
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
fn free(literal: &ast::Value, scope: &Scope<'_>, depth: usize) -> Result<Given, String> {
    if depth > MAX_DEPTH {
        return Err("values nest too deeply".to_owned());
    }
    let inner = |literal: &ast::Value| match literal {
        ast::Value::Variable(name) => {
            scope.get(name.as_str()).copied().map(Given::Variable).ok_or_else(|| "unknown variable".to_owned())
        }
        literal => free(literal, scope, depth + 1),
    };
    Ok(match literal {
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

/// A whole number if it fits 64 bits, else a double.
fn number(literal: &ast::Value) -> Option<Number> {
    let digits = match literal {
        ast::Value::Int(int) => int.as_str(),
        ast::Value::Float(float) => float.as_str(),
        _ => return None,
    };
    let whole = digits.parse::<i64>().map(Number::from).or_else(|_| digits.parse::<u64>().map(Number::from));
    whole.ok().or_else(|| Number::from_f64(digits.parse::<f64>().ok()?))
}

fn leaf_literal(leaf: Leaf, literal: &ast::Value) -> Option<Value<'static>> {
    let owned = |text: &str| Some(Value::Text(Cow::Owned(text.to_owned())));
    match (leaf, literal) {
        (Leaf::Int, ast::Value::Int(int)) => Some(Value::Number(int.as_str().parse::<i32>().ok()?.into())),
        (Leaf::Float, ast::Value::Int(_) | ast::Value::Float(_)) => number(literal).map(Value::Number),
        (Leaf::Boolean, ast::Value::Boolean(flag)) => Some(Value::Bool(*flag)),
        (Leaf::Id | Leaf::Decimal, ast::Value::Int(int)) => owned(int.as_str()),
        (Leaf::Decimal, ast::Value::Float(float)) if is_decimal(float.as_str()) => owned(float.as_str()),
        (_, ast::Value::String(value)) => leaf_text(leaf, value),
        _ => None,
    }
}

fn leaf_value(leaf: Leaf, value: &Value<'_>) -> Option<Value<'static>> {
    match (leaf, value) {
        (Leaf::Int, Value::Number(number)) => {
            // 3.0 is 3: JSON does not tell them apart, and most clients do not either.
            let whole = number.as_i64().or_else(|| {
                let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() <= 2_147_483_648.0)?;
                Some(float as i64)
            })?;
            Some(Value::Number(i32::try_from(whole).ok()?.into()))
        }
        (Leaf::Float, Value::Number(number)) if number.as_f64().is_some_and(f64::is_finite) => {
            Some(Value::Number(number.clone()))
        }
        (Leaf::Boolean, Value::Bool(flag)) => Some(Value::Bool(*flag)),
        (Leaf::Id | Leaf::Decimal, Value::Number(number)) if number.is_i64() || number.is_u64() => {
            Some(Value::Text(Cow::Owned(number.to_string())))
        }
        (Leaf::Decimal, Value::Number(number)) => leaf_text(leaf, &number.to_string()),
        (_, Value::Text(text)) => leaf_text(leaf, text),
        _ => None,
    }
}

fn leaf_text(leaf: Leaf, text: &str) -> Option<Value<'static>> {
    let fits = match leaf {
        Leaf::Text | Leaf::Id => true,
        Leaf::DateTime => text.parse::<jiff::Timestamp>().is_ok(),
        Leaf::Date => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
        Leaf::Decimal => is_decimal(text),
        Leaf::Int | Leaf::Float | Leaf::Boolean | Leaf::Other => false,
    };
    fits.then(|| Value::Text(Cow::Owned(text.to_owned())))
}

/// Optional sign, digits, optional fraction.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A GraphQL integer literal.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits == "0"
        || (!digits.starts_with('0') && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
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

/// A GraphQL string literal.
fn print_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control @ ('\0'..='\u{1f}' | '\u{7f}'..='\u{9f}') => {
                out.push_str(&format!("\\u{:04X}", u32::from(control)))
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// The shortest form that reads back as the same double; whole numbers without a fraction.
fn print_number(number: &Number, out: &mut String) {
    let float = number.as_f64().unwrap_or_default();
    let size = float.abs();
    if number.is_i64() || number.is_u64() {
        out.push_str(&number.to_string());
    } else if size == 0.0 || (1e-6..1e21).contains(&size) {
        out.push_str(&float.to_string());
    } else {
        let scientific = format!("{float:e}");
        out.push_str(&if size >= 1.0 { scientific.replace('e', "e+") } else { scientific });
    }
}
