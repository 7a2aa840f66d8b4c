//! The contract describing itself: one selection set of an introspection type, written as JSON.

use apollo_compiler::ast::{
    DirectiveDefinition, DirectiveList, EnumValueDefinition, FieldDefinition, InputValueDefinition, Type,
};
use apollo_compiler::schema::ExtendedType;

use super::{Bound, Complaint, Contract, Selected, TypeRef};
use crate::mapping::Value;

/// What is described.
#[derive(Clone, Copy)]
pub(super) enum About<'a> {
    Schema,
    Type(&'a ExtendedType),
    /// A list or non-null type; names are looked up.
    Wrapped(&'a Type, bool),
    Field(&'a FieldDefinition),
    Input(&'a InputValueDefinition),
    EnumValue(&'a EnumValueDefinition),
    Directive(&'a DirectiveDefinition),
}

pub(super) struct Writer<'a> {
    pub(super) contract: &'a Contract,
    pub(super) variables: &'a Bound,
    pub(super) out: Vec<u8>,
    /// Where it gives up.
    pub(super) max_bytes: usize,
}

impl<'a> Writer<'a> {
    /// One object, or null; all that is selected of it.
    pub(super) fn one(&mut self, about: Option<About<'a>>, selected: &Selected) -> Result<(), Complaint> {
        let (Some(about), Some(of)) = (about, &selected.of) else {
            self.out.extend_from_slice(b"null");
            return Ok(());
        };
        if self.out.len() > self.max_bytes {
            return Err(Complaint::new("the answer to introspection is too long").at(selected.location));
        }
        let name = about.typename();
        self.out.push(b'{');
        let mut comma = false;
        for inner in of.of_type(name).unwrap_or_default().iter().filter(|inner| inner.when.hold(self.variables)) {
            if comma {
                self.out.push(b',');
            }
            comma = true;
            self.text(Some(&inner.key));
            self.out.push(b':');
            match inner.field.as_str() {
                "__typename" => self.text(Some(name)),
                _ => self.field(about, inner)?,
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    fn many(&mut self, abouts: impl Iterator<Item = About<'a>>, selected: &Selected) -> Result<(), Complaint> {
        self.out.push(b'[');
        for (index, about) in abouts.enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            self.one(Some(about), selected)?;
        }
        self.out.push(b']');
        Ok(())
    }

    fn text(&mut self, text: Option<&str>) {
        text.map_or(Value::Null, Value::from).write(&mut self.out);
    }

    fn flag(&mut self, flag: bool) {
        Value::Bool(flag).write(&mut self.out);
    }

    pub(super) fn text_argument(&self, selected: &Selected, name: &str) -> Result<Option<String>, Complaint> {
        Ok(selected.arguments.bind(self.variables)?.get(name).and_then(Value::as_text).map(str::to_owned))
    }

    fn with_deprecated(&self, selected: &Selected) -> Result<bool, Complaint> {
        Ok(selected.arguments.bind(self.variables)?.get("includeDeprecated") == Some(&Value::Bool(true)))
    }

    /// The type a reference names, or its outermost wrapper. `strip`: its `!` is already told.
    fn reference(&self, ty: &'a Type, strip: bool) -> Option<About<'a>> {
        match ty {
            Type::NonNullNamed(_) | Type::NonNullList(_) if !strip => Some(About::Wrapped(ty, false)),
            Type::List(_) | Type::NonNullList(_) => Some(About::Wrapped(ty, true)),
            Type::Named(name) | Type::NonNullNamed(name) => self.contract.schema.types.get(name).map(About::Type),
        }
    }

    fn field(&mut self, about: About<'a>, selected: &Selected) -> Result<(), Complaint> {
        match about {
            About::Schema => self.schema(selected)?,
            About::Type(ty) => self.ty(ty, selected)?,
            About::Wrapped(ty, told) => match selected.field.as_str() {
                "kind" => self.text(Some(if told { "LIST" } else { "NON_NULL" })),
                "ofType" => {
                    let inner = match ty {
                        Type::List(item) | Type::NonNullList(item) if told => self.reference(item, false),
                        _ => self.reference(ty, true),
                    };
                    self.one(inner, selected)?;
                }
                _ => self.text(None),
            },
            About::Field(field) => match selected.field.as_str() {
                "name" => self.text(Some(&field.name)),
                "description" => self.text(field.description.as_deref()),
                "args" => self.inputs(&field.arguments, selected)?,
                "type" => self.one(self.reference(&field.ty, false), selected)?,
                other => self.deprecation(&field.directives, other),
            },
            About::Input(input) => match selected.field.as_str() {
                "name" => self.text(Some(&input.name)),
                "description" => self.text(input.description.as_deref()),
                "type" => self.one(self.reference(&input.ty, false), selected)?,
                "defaultValue" => self.default_value(input),
                other => self.deprecation(&input.directives, other),
            },
            About::EnumValue(value) => match selected.field.as_str() {
                "name" => self.text(Some(&value.value)),
                "description" => self.text(value.description.as_deref()),
                other => self.deprecation(&value.directives, other),
            },
            About::Directive(directive) => match selected.field.as_str() {
                "name" => self.text(Some(&directive.name)),
                "description" => self.text(directive.description.as_deref()),
                "args" => self.inputs(&directive.arguments, selected)?,
                "isRepeatable" => self.flag(directive.repeatable),
                "locations" => {
                    let names = directive.locations.iter().map(|location| Value::from(location.name()));
                    Value::List(names.collect()).write(&mut self.out);
                }
                _ => self.text(None),
            },
        }
        Ok(())
    }

    fn schema(&mut self, selected: &Selected) -> Result<(), Complaint> {
        let schema = &self.contract.schema;
        let definition = &schema.schema_definition;
        let root = |name: &Option<apollo_compiler::schema::ComponentName>| {
            name.as_ref().and_then(|name| schema.types.get(&name.name)).map(About::Type)
        };
        match selected.field.as_str() {
            "types" => self.many(schema.types.values().map(About::Type), selected),
            "directives" => {
                self.many(schema.directive_definitions.values().map(|directive| About::Directive(directive)), selected)
            }
            "queryType" => self.one(root(&definition.query), selected),
            "mutationType" => self.one(root(&definition.mutation), selected),
            "subscriptionType" => self.one(root(&definition.subscription), selected),
            _ => {
                self.text(definition.description.as_deref());
                Ok(())
            }
        }
    }

    fn ty(&mut self, ty: &'a ExtendedType, selected: &Selected) -> Result<(), Complaint> {
        let schema = &self.contract.schema;
        let named = |name| schema.types.get(name).map(About::Type);
        match (selected.field.as_str(), ty) {
            ("kind", _) => self.text(Some(kind(ty))),
            ("name", _) => self.text(Some(ty.name())),
            ("description", _) => self.text(ty.description().map(|text| &**text)),
            ("specifiedByURL", ExtendedType::Scalar(scalar)) => {
                let url = scalar
                    .directives
                    .get("specifiedBy")
                    .and_then(|directive| directive.specified_argument_by_name("url"));
                self.text(url.and_then(|url| url.as_str()));
            }
            ("isOneOf", ExtendedType::InputObject(input)) => self.flag(input.directives.has("oneOf")),
            ("fields", ExtendedType::Object(object)) => self.fields(object.fields.values(), selected)?,
            ("fields", ExtendedType::Interface(interface)) => self.fields(interface.fields.values(), selected)?,
            ("interfaces", ExtendedType::Object(object)) => {
                self.many(
                    object.implements_interfaces.iter().filter_map(|interface| named(&interface.name)),
                    selected,
                )?;
            }
            ("interfaces", ExtendedType::Interface(interface)) => {
                self.many(
                    interface.implements_interfaces.iter().filter_map(|interface| named(&interface.name)),
                    selected,
                )?;
            }
            ("possibleTypes", ExtendedType::Interface(_) | ExtendedType::Union(_)) => {
                let contract = self.contract;
                self.many(contract.possible_types(ty.name()).into_iter().filter_map(named), selected)?;
            }
            ("enumValues", ExtendedType::Enum(values)) => {
                let all = self.with_deprecated(selected)?;
                let shown = values.values.values().filter(|value| all || !value.directives.has("deprecated"));
                self.many(shown.map(|value| About::EnumValue(value)), selected)?;
            }
            ("inputFields", ExtendedType::InputObject(input)) => {
                let all = self.with_deprecated(selected)?;
                let shown = input.fields.values().filter(|field| all || !field.directives.has("deprecated"));
                self.many(shown.map(|field| About::Input(field)), selected)?;
            }
            _ => self.text(None),
        }
        Ok(())
    }

    fn fields(
        &mut self,
        fields: impl Iterator<Item = &'a apollo_compiler::schema::Component<FieldDefinition>>,
        selected: &Selected,
    ) -> Result<(), Complaint> {
        let all = self.with_deprecated(selected)?;
        let shown = fields.filter(|field| all || !field.directives.has("deprecated"));
        self.many(shown.map(|field| About::Field(field)), selected)
    }

    fn inputs(
        &mut self,
        inputs: &'a [apollo_compiler::Node<InputValueDefinition>],
        selected: &Selected,
    ) -> Result<(), Complaint> {
        let all = self.with_deprecated(selected)?;
        let shown = inputs.iter().filter(|input| all || !input.directives.has("deprecated"));
        self.many(shown.map(|input| About::Input(input)), selected)
    }

    fn default_value(&mut self, input: &InputValueDefinition) {
        let ty = TypeRef::from(&*input.ty);
        // A default that does not fit is refused when the contract is read, or shown as none.
        let default = input.default_value.as_ref().and_then(|literal| self.contract.inputs.constant(&ty, literal).ok());
        let printed = default.map(|default| {
            let mut printed = String::new();
            self.contract.inputs.print(&ty, &default, &mut printed);
            printed
        });
        self.text(printed.as_deref());
    }

    fn deprecation(&mut self, directives: &DirectiveList, field: &str) {
        let deprecated = directives.get("deprecated");
        match field {
            "isDeprecated" => self.flag(deprecated.is_some()),
            _ => {
                let reason =
                    deprecated.and_then(|directive| directive.argument_by_name("reason", &self.contract.schema).ok());
                self.text(reason.and_then(|reason| reason.as_str()));
            }
        }
    }
}

impl About<'_> {
    fn typename(&self) -> &'static str {
        match self {
            About::Schema => "__Schema",
            About::Type(_) | About::Wrapped(..) => "__Type",
            About::Field(_) => "__Field",
            About::Input(_) => "__InputValue",
            About::EnumValue(_) => "__EnumValue",
            About::Directive(_) => "__Directive",
        }
    }
}

fn kind(ty: &ExtendedType) -> &'static str {
    match ty {
        ExtendedType::Scalar(_) => "SCALAR",
        ExtendedType::Object(_) => "OBJECT",
        ExtendedType::Interface(_) => "INTERFACE",
        ExtendedType::Union(_) => "UNION",
        ExtendedType::Enum(_) => "ENUM",
        ExtendedType::InputObject(_) => "INPUT_OBJECT",
    }
}
