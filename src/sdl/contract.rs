//! The contract: what clients see of a schema.

use std::collections::BTreeMap;

use apollo_compiler::ast::{Document, InputValueDefinition, Type};
use apollo_compiler::schema::{
    Component, ComponentName, ComponentOrigin, DirectiveList, ExtendedType, FieldDefinition,
};
use apollo_compiler::{Name, Node, Schema};

use super::reader::Reader;
use super::written::Written;
use crate::catalog::Connection;

/// The types that the gateway itself fills, for schemas that name them and do not declare them.
/// `response` fills them: a test holds the two together.
pub(super) const COVERAGE: &str = r#"
"How far one department is part of an answer."
type Coverage {
  "The department's name: `support`. The row `identity` appears where nobody could say whether the customer exists."
  department: String!
  "The department's name for people: `Support`."
  title: String
  "Whether its data is here, and how fresh."
  status: CoverageStatus!
  "When its system said so: the oldest of what is shown."
  asOf: DateTime
  "How many seconds ago that was."
  ageSeconds: Int
  "Why something is missing, cut or old, as a stable code: `TIMEOUT`, `LIST_CAPPED`."
  reason: String
  "The same as a sentence, where there is one."
  message: String
}

"Whether a department's data is part of an answer, and how fresh."
enum CoverageStatus {
  "Nothing of this department was asked for."
  NOT_ASKED
  "Everything asked for came from its system for this answer."
  FRESH
  "Everything asked for is here, some of it remembered within its time."
  CACHED
  "The system does not know this customer, or is not connected."
  NOT_LINKED
  "Something is older than it should be, because the system could not be asked."
  STALE
  "Something was cut, dropped or did not fit."
  PARTIAL
  "The system could not be asked, and nothing is remembered."
  UNAVAILABLE
  "No system that was asked could say whether this customer exists, because one failed."
  UNVERIFIED
}
"#;

/// Added where a schema names `Coverage` and has no `DateTime` of its own.
pub(super) const DATE_TIME: &str = r#"
"A point in time, as RFC 3339 text in UTC: `2026-01-31T09:30:00Z`."
scalar DateTime @specifiedBy(url: "https://scalars.graphql.org/andimarek/date-time.html")
"#;

const PAGE_INFO: &str = r#"
"Where a page of a list stands in the whole."
type PageInfo {
  "Whether there are more items after this page."
  hasNextPage: Boolean!
  "Whether there are more items before this page."
  hasPreviousPage: Boolean!
  "The cursor of the first item of this page."
  startCursor: String
  "The cursor of the last item of this page; give it as `after` to get the next one."
  endCursor: String
}
"#;

const PAGE_ARGUMENTS: &str = r#"type Paged { paged(
  "How many items to show from the start, or after `after`."
  first: Int
  "Show items after the one with this cursor."
  after: String
  "How many items to show from the end, or before `before`."
  last: Int
  "Show items before the one with this cursor."
  before: String
): Int }"#;

/// The contract as text, or `None` where it would be no valid schema; why is noted.
pub(super) fn print(mut schema: Schema, written: &Written, reader: &mut Reader<'_, '_>) -> Option<String> {
    let mut paged: BTreeMap<String, bool> = BTreeMap::new();
    let arguments = page_arguments();
    schema.types.retain(|name, _| !written.hidden.contains(name.as_str()));
    schema.directive_definitions.retain(|_, definition| definition.is_built_in());
    let definition = schema.schema_definition.make_mut();
    definition.directives = DirectiveList::default();
    for root in [&mut definition.query, &mut definition.mutation].into_iter().flatten() {
        root.origin = ComponentOrigin::Definition;
    }
    let hidden = |coordinate: String| written.hidden.contains(&coordinate);
    for (name, ty) in &mut schema.types {
        if ty.is_built_in() {
            continue;
        }
        match ty {
            ExtendedType::Object(def) => {
                let def = def.make_mut();
                plain(&mut def.directives);
                def.implements_interfaces =
                    def.implements_interfaces.iter().filter_map(|name| own(name, written)).collect();
                def.fields.retain(|field, _| !hidden(format!("{name}.{field}")));
                for field in def.fields.values_mut() {
                    expand(name, field, written, &arguments, &mut paged);
                }
            }
            ExtendedType::Interface(def) => {
                let def = def.make_mut();
                plain(&mut def.directives);
                def.implements_interfaces =
                    def.implements_interfaces.iter().filter_map(|name| own(name, written)).collect();
                def.fields.retain(|field, _| !hidden(format!("{name}.{field}")));
                for field in def.fields.values_mut() {
                    expand(name, field, written, &arguments, &mut paged);
                }
            }
            ExtendedType::Union(def) => {
                let def = def.make_mut();
                plain(&mut def.directives);
                def.members = def.members.iter().filter_map(|name| own(name, written)).collect();
            }
            ExtendedType::Enum(def) => {
                let def = def.make_mut();
                plain(&mut def.directives);
                def.values.retain(|value, _| !hidden(format!("{name}.{value}")));
                for value in def.values.values_mut() {
                    value.origin = ComponentOrigin::Definition;
                    value.make_mut().directives.0.retain(|directive| is_kept(&directive.name));
                }
            }
            ExtendedType::InputObject(def) => {
                let def = def.make_mut();
                plain(&mut def.directives);
                def.fields.retain(|field, _| !hidden(format!("{name}.{field}")));
                for field in def.fields.values_mut() {
                    field.origin = ComponentOrigin::Definition;
                    field.make_mut().directives.0.retain(|directive| is_kept(&directive.name));
                }
            }
            ExtendedType::Scalar(def) => plain(&mut def.make_mut().directives),
        }
    }
    // Readers begin at the roots; the rest stays in order of declaration.
    for (place, root) in ["Query", "Mutation"].into_iter().enumerate() {
        if let Some(index) = schema.types.get_index_of(root) {
            schema.types.move_index(index, place);
        }
    }
    let mut text = schema.to_string();
    for (name, nullable) in &paged {
        text.push_str(&connection_types(name, *nullable));
    }
    if !paged.is_empty() && !schema.types.contains_key("PageInfo") {
        text.push_str(PAGE_INFO);
    }
    validated(&schema, text, &paged, reader)
}

/// Checks the whole once more, as clients will see it, and prints it in one form.
fn validated(
    schema: &Schema,
    text: String,
    paged: &BTreeMap<String, bool>,
    reader: &mut Reader<'_, '_>,
) -> Option<String> {
    let made = paged.keys().flat_map(|name| [format!("{name}Connection"), format!("{name}Edge")]);
    let mut collides = false;
    for name in made {
        if let Some((name, ty)) = schema.types.get_key_value(name.as_str()) {
            collides = true;
            let place = reader.files.place(ty.name().location());
            let message = format!("{name} is declared, but @connection makes a type of this name");
            reader
                .problems
                .error("CONNECTION_NAME_COLLISION", place, message)
                .help("rename this type, or leave @connection out");
        }
    }
    if collides {
        return None;
    }
    match Schema::parse_and_validate(text, "contract") {
        Ok(contract) => Some(contract.to_string()),
        Err(invalid) => {
            for diagnostic in invalid.errors.iter() {
                let message = format!("the contract would not be valid: {}", diagnostic.error);
                reader
                    .problems
                    .error("CONTRACT_NOT_VALID", Default::default(), message)
                    .help("hidden fields or connections leave something behind that cannot stand alone");
            }
            None
        }
    }
}

/// Makes a field what clients see: extension or not, its connection, no directives of ours.
fn expand(
    type_name: &str,
    field: &mut Component<FieldDefinition>,
    written: &Written,
    page_arguments: &[Node<InputValueDefinition>],
    paged: &mut BTreeMap<String, bool>,
) {
    field.origin = ComponentOrigin::Definition;
    let connection = written.connection(type_name, &field.name);
    let hidden = |argument: &str| written.hidden.contains(&format!("{type_name}.{}({argument}:)", field.name));
    let has_hidden = field.arguments.iter().any(|argument| hidden(&argument.name));
    let has_directives =
        !field.directives.is_empty() || field.arguments.iter().any(|argument| !argument.directives.is_empty());
    if connection.is_none() && !has_directives && !has_hidden {
        return;
    }
    let kept: Vec<bool> = field.arguments.iter().map(|argument| !hidden(&argument.name)).collect();
    let field = field.make_mut();
    let mut kept = kept.into_iter();
    field.arguments.retain(|_| kept.next().unwrap_or(true));
    field.directives.0.retain(|directive| is_kept(&directive.name));
    for argument in &mut field.arguments {
        if !argument.directives.is_empty() {
            argument.make_mut().directives.0.retain(|directive| is_kept(&directive.name));
        }
    }
    let Some(connection) = connection else { return };
    let nullable_items = !field.ty.item_type().is_non_null();
    let item = field.ty.inner_named_type().clone();
    *paged.entry(item.to_string()).or_default() |= nullable_items;
    let name = Name::new(&format!("{item}Connection")).expect("a type's name with letters after it is a name");
    field.ty = if field.ty.is_non_null() { Type::NonNullNamed(name) } else { Type::Named(name) };
    let count = if matches!(connection, Connection::Source { .. }) { 2 } else { 4 };
    for argument in &page_arguments[..count.min(page_arguments.len())] {
        if field.argument_by_name(&argument.name).is_none() {
            field.arguments.push(argument.clone());
        }
    }
}

fn page_arguments() -> Vec<Node<InputValueDefinition>> {
    let document = Document::parse(PAGE_ARGUMENTS, "page arguments").expect("the text above is valid GraphQL");
    document
        .definitions
        .iter()
        .filter_map(|definition| definition.as_object_type_definition())
        .flat_map(|def| def.fields.iter().flat_map(|field| field.arguments.clone()))
        .collect()
}

fn connection_types(name: &str, nullable: bool) -> String {
    let bang = if nullable { "" } else { "!" };
    format!(
        r#"
"One page of a list of {name}."
type {name}Connection {{
  "The items of this page, each with its cursor."
  edges: [{name}Edge!]
  "The items of this page."
  nodes: [{name}{bang}]
  "Where this page stands in the whole list."
  pageInfo: PageInfo!
  "How many items the whole list has; null where that is not known."
  totalCount: Int
}}

"An item of a list of {name}, with its cursor."
type {name}Edge {{
  "The item."
  node: {name}
  "Marks the item's place in the list, for `after` and `before`."
  cursor: String!
}}
"#
    )
}

/// A name out of an extension or a definition, unless it is hidden.
fn own(name: &ComponentName, written: &Written) -> Option<ComponentName> {
    (!written.hidden.contains(name.as_str()))
        .then(|| ComponentName { origin: ComponentOrigin::Definition, name: name.name.clone() })
}

fn plain(directives: &mut DirectiveList) {
    directives.0.retain(|directive| is_kept(&directive.name));
    for directive in &mut directives.0 {
        directive.origin = ComponentOrigin::Definition;
    }
}

fn is_kept(directive: &str) -> bool {
    matches!(directive, "deprecated" | "specifiedBy" | "oneOf")
}
