//! Random questions that fit the contract.

use std::collections::BTreeMap;

use apollo_compiler::Schema;
use apollo_compiler::ast::Type;
use apollo_compiler::schema::{ExtendedType, FieldDefinition};
use c360::demo::cast::{self, Cast};
use serde_json::{Map, Value as Json, json};

use super::dice::Dice;

/// A question.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) text: String,
    pub(super) variables: Json,
    pub(super) wants_coverage: bool,
}

struct Making<'m> {
    schema: &'m Schema,
    cast: &'m Cast,
    dice: &'m mut Dice,
    names: usize,
    fragments: Vec<String>,
    /// Name → declaration.
    declared: BTreeMap<String, String>,
    values: Map<String, Json>,
    /// Selections so far: the answers of big questions would take longer to compare than they teach.
    selections: usize,
}

const MOST_SELECTIONS: usize = 60;

impl Query {
    pub(super) fn throw(schema: &Schema, cast: &Cast, dice: &mut Dice) -> Query {
        let wants_coverage = dice.chance(35);
        let mut making = Making {
            schema,
            cast,
            dice,
            names: 0,
            fragments: Vec::new(),
            declared: BTreeMap::new(),
            values: Map::new(),
            selections: 0,
        };
        let mut roots = String::new();
        for _ in 0..=making.dice.below(8) / 6 {
            roots.push_str(&making.root());
        }
        let declared: Vec<&str> = making.declared.values().map(String::as_str).collect();
        let mut text =
            if declared.is_empty() { "query".to_owned() } else { format!("query Q({})", declared.join(", ")) };
        text.push_str(&format!(" {{\n{roots}}}\n"));
        for fragment in &making.fragments {
            text.push_str(fragment);
        }
        Query { text, variables: Json::Object(making.values), wants_coverage }
    }
}

impl Making<'_> {
    fn root(&mut self) -> String {
        let alias = self.fresh("r");
        let (field, argument) = match self.dice.below(20) {
            0..=8 => {
                let id = self.customer();
                ("customer", self.given("id", "ID!", json!(id)))
            }
            9..=12 => {
                let count = self.dice.below(5);
                let mut ids: Vec<String> = (0..count).map(|_| self.customer()).collect();
                if count > 1 && self.dice.chance(20) {
                    ids.push(ids[0].clone());
                }
                ("customers", self.given("ids", "[ID!]!", json!(ids)))
            }
            13..=16 => {
                let company = 101 + self.dice.below(self.cast.companies.len() + 1);
                ("account", self.given("id", "ID!", json!(format!("a-{company}"))))
            }
            17 => {
                let person = self.dice.below(self.cast.persons.len());
                let email = self.cast.persons[person].email.clone();
                let email = if self.dice.chance(20) { email.to_uppercase() } else { email };
                ("customersByEmail", self.given("email", "String!", json!(email)))
            }
            _ => {
                let mut arguments = Vec::new();
                let first = self.dice.below(4);
                arguments.push(self.given("first", "Int", json!(first)));
                if self.dice.chance(50) {
                    let after = self.customer();
                    arguments.push(self.given("after", "String", json!(after)));
                }
                ("allCustomers", arguments.join(", "))
            }
        };
        let ty = self.field("Query", field).ty.inner_named_type().to_string();
        let directive = if self.dice.chance(5) { self.directive() } else { String::new() };
        let selection = self.selection(&ty, 4, 1);
        format!("  {alias}: {field}({argument}){directive} {selection}\n")
    }

    /// Somebody: a named case, anybody, or nobody.
    fn customer(&mut self) -> String {
        match self.dice.below(20) {
            0..=2 => cast::NOBODY.to_owned(),
            3..=6 => self.cast.persons[self.dice.below(self.cast.persons.len())].id.clone(),
            _ => format!("c-{}", 1001 + self.dice.below(14)),
        }
    }

    fn fresh(&mut self, letter: &str) -> String {
        self.names += 1;
        format!("{letter}{}", self.names)
    }

    /// `name: value`, as a literal or by a variable that is given, has a default, or both.
    fn given(&mut self, name: &str, ty: &str, value: Json) -> String {
        if self.dice.chance(70) {
            return format!("{name}: {value}");
        }
        let variable = self.fresh("v");
        let declared = match self.dice.below(3) {
            0 => format!("${variable}: {ty} = {value}"),
            1 => {
                self.values.insert(variable.clone(), value.clone());
                format!("${variable}: {ty} = {value}")
            }
            _ => {
                self.values.insert(variable.clone(), value);
                format!("${variable}: {ty}")
            }
        };
        self.declared.insert(variable.clone(), declared);
        format!("{name}: ${variable}")
    }

    fn directive(&mut self) -> String {
        let name = *self.dice.pick(&["include", "skip"]);
        if self.dice.chance(40) {
            return format!(" @{name}(if: {})", self.dice.chance(50));
        }
        // A few flags, asked again and again.
        let variable = format!("flag{}", self.dice.below(3));
        if !self.declared.contains_key(&variable) {
            self.declared.insert(variable.clone(), format!("${variable}: Boolean!"));
            self.values.insert(variable.clone(), json!(self.dice.chance(50)));
        }
        format!(" @{name}(if: ${variable})")
    }

    fn field(&self, ty: &str, name: &str) -> FieldDefinition {
        self.schema.type_field(ty, name).unwrap().node.as_ref().clone()
    }

    fn fields(&self, ty: &str) -> Vec<FieldDefinition> {
        let fields = match &self.schema.types[ty] {
            ExtendedType::Object(object) => &object.fields,
            ExtendedType::Interface(interface) => &interface.fields,
            _ => return Vec::new(),
        };
        fields.values().map(|field| field.node.as_ref().clone()).collect()
    }

    /// `{ … }` of a type, so many levels deep at most.
    fn selection(&mut self, ty: &str, depth: usize, indent: usize) -> String {
        let all = self.fields(ty);
        let margin = "  ".repeat(indent + 1);
        let mut out = String::from("{\n");
        let count = 1 + self.dice.below(if depth > 2 { 6 } else { 4 });
        let mut written = 0;
        for _ in 0..count {
            let member = match self.dice.below(20) {
                0 => Some("__typename".to_owned()),
                1 if depth > 0 => Some(self.inline(ty, depth, indent)),
                2 if depth > 0 => Some(self.spread(ty, depth, indent)),
                _ => {
                    let field = self.dice.pick(&all).clone();
                    self.member(&field, depth, indent)
                }
            };
            if let Some(member) = member {
                let directive =
                    if !member.starts_with("...") && self.dice.chance(8) { self.directive() } else { String::new() };
                // A directive stands before the selection set.
                let (head, tail) = member.split_once(" {").map_or((member.as_str(), None), |(h, t)| (h, Some(t)));
                let tail = tail.map_or(String::new(), |tail| format!(" {{{tail}"));
                out.push_str(&format!("{margin}{head}{directive}{tail}\n"));
                written += 1;
            }
        }
        if matches!(ty, "Customer" | "Account") && self.dice.chance(20) {
            let selection = self.selection("Coverage", 0, indent + 1);
            out.push_str(&format!("{margin}coverage {selection}\n"));
            written += 1;
        }
        if self.schema.types[ty].is_interface() && self.dice.chance(60) {
            let concrete = *self.dice.pick(&["Call", "EmailActivity", "Meeting", "ToDo"]);
            let selection = self.selection(concrete, depth.min(1), indent + 1);
            out.push_str(&format!("{margin}... on {concrete} {selection}\n"));
            written += 1;
        }
        if written == 0 {
            out.push_str(&format!("{margin}__typename\n"));
        }
        out.push_str(&format!("{}}}", "  ".repeat(indent)));
        out
    }

    /// A field with alias, arguments and what stands below it; `None` where that would be too deep.
    fn member(&mut self, field: &FieldDefinition, depth: usize, indent: usize) -> Option<String> {
        self.selections += 1;
        let leaf = is_leaf(self.schema, &field.ty);
        if !leaf && (depth == 0 || self.selections > MOST_SELECTIONS) {
            return None;
        }
        let arguments = if field.arguments.is_empty() { String::new() } else { self.page() };
        // Fields with arguments get names of their own: the same name may not stand for two pages.
        let alias = if !arguments.is_empty() {
            format!("{}: ", self.fresh("p"))
        } else if leaf && self.dice.chance(10) {
            format!("{}: ", self.fresh("x"))
        } else {
            String::new()
        };
        let head = format!("{alias}{}{arguments}", field.name);
        if leaf {
            return Some(head);
        }
        let selection = self.selection(field.ty.inner_named_type(), depth - 1, indent + 1);
        Some(format!("{head} {selection}"))
    }

    fn page(&mut self) -> String {
        if self.dice.chance(30) {
            return String::new();
        }
        let mut arguments = Vec::new();
        if self.dice.chance(60) {
            let first = self.dice.below(6);
            arguments.push(self.given("first", "Int", json!(first)));
        }
        if self.dice.chance(25) {
            let last = self.dice.below(4);
            arguments.push(self.given("last", "Int", json!(last)));
        }
        for name in ["after", "before"] {
            if self.dice.chance(15) {
                let cursor = cursor(self.dice.below(5), "");
                arguments.push(self.given(name, "String", json!(cursor)));
            }
        }
        if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) }
    }

    fn inline(&mut self, ty: &str, depth: usize, indent: usize) -> String {
        let condition = if self.dice.chance(50) { format!(" on {ty}") } else { String::new() };
        let directive = if self.dice.chance(60) { self.directive() } else { String::new() };
        let selection = self.selection(ty, depth - 1, indent + 1);
        format!("...{condition}{directive} {selection}")
    }

    fn spread(&mut self, ty: &str, depth: usize, _indent: usize) -> String {
        let name = self.fresh("F");
        let selection = self.selection(ty, depth - 1, 0);
        self.fragments.push(format!("fragment {name} on {ty} {selection}\n"));
        let directive = if self.dice.chance(30) { self.directive() } else { String::new() };
        format!("...{name}{directive}")
    }
}

/// A cursor as lists hand it out: the place, and the item's id as JSON text.
pub(super) fn cursor(position: usize, id: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("{position}:{id}"))
}

fn is_leaf(schema: &Schema, ty: &Type) -> bool {
    matches!(schema.types[ty.inner_named_type()], ExtendedType::Scalar(_) | ExtendedType::Enum(_))
}
