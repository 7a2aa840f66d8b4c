//! Takes our directives out of the parsed files: what is left is the plain GraphQL schema.

use std::collections::{HashMap, HashSet};

use apollo_compiler::Node;
use apollo_compiler::ast::{
    Definition, Directive, Document, EnumValueDefinition, FieldDefinition, InputValueDefinition,
};

use super::directives::link::{Links, link_for};
use super::directives::{Spot, Word};
use super::reader::Reader;
use super::source_text::Place;

/// One directive of ours where it stands.
#[derive(Clone, Debug)]
pub(super) struct Applied {
    pub word: Word,
    pub node: Node<Directive>,
    pub place: Place,
    pub site: Site,
    /// The definition or extension in which it stands.
    pub block: usize,
}

/// What a directive stands on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Site {
    Schema,
    Type(String),
    Field(String, String),
    /// An argument, an enum value, an input field, by its coordinate; only `@inaccessible` and what is ignored may
    /// stand there.
    Detail(String),
}

impl Applied {
    pub fn type_name(&self) -> Option<&str> {
        match &self.site {
            Site::Type(name) | Site::Field(name, _) => Some(name),
            Site::Schema | Site::Detail(_) => None,
        }
    }

    pub fn field(&self) -> Option<(&str, &str)> {
        match &self.site {
            Site::Field(name, field) => Some((name, field)),
            _ => None,
        }
    }
}

/// One definition or extension of a type.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub file: usize,
    pub extension: bool,
}

/// Everything gathered from all files.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub applied: Vec<Applied>,
    pub blocks: Vec<Block>,
    /// In which block each field is written.
    pub field_blocks: HashMap<(String, String), usize>,
    /// Per file how its mappings are read and which directives it knows.
    pub links: Vec<Links>,
    /// Directives that stand in files that do not link them.
    pub unlinked: HashSet<String>,
}

impl Gathered {
    /// Takes our directives out of one file's document.
    pub fn take(&mut self, document: &mut Document, file: usize, reader: &mut Reader<'_, '_>) {
        let mut links = Links::default();
        for definition in &document.definitions {
            if matches!(definition, Definition::SchemaDefinition(_) | Definition::SchemaExtension(_)) {
                for node in definition.directives().iter().filter(|node| node.name == "link") {
                    links.add(node, reader);
                }
            }
        }
        // A declaration of one of our directives says nothing that is not known.
        document.definitions.retain(|definition| match definition {
            Definition::DirectiveDefinition(definition) => links.word(&definition.name).is_none(),
            _ => true,
        });
        let mut taker = Taker { gathered: self, links: &links, reader, file };
        for definition in &mut document.definitions {
            taker.definition(definition);
        }
        self.links.push(links);
    }
}

struct Taker<'t, 'p, 'f> {
    gathered: &'t mut Gathered,
    links: &'t Links,
    reader: &'t mut Reader<'p, 'f>,
    file: usize,
}

impl Taker<'_, '_, '_> {
    fn definition(&mut self, definition: &mut Definition) {
        match definition {
            Definition::SchemaDefinition(def) => {
                self.list(&mut def.make_mut().directives.0, &Site::Schema, Spot::Schema)
            }
            Definition::SchemaExtension(def) => {
                self.list(&mut def.make_mut().directives.0, &Site::Schema, Spot::Schema)
            }
            Definition::ObjectTypeDefinition(def) => {
                let def = def.make_mut();
                self.fielded(&def.name, &mut def.directives.0, &mut def.fields, Spot::Object, false);
            }
            Definition::ObjectTypeExtension(def) => {
                let def = def.make_mut();
                self.fielded(&def.name, &mut def.directives.0, &mut def.fields, Spot::Object, true);
            }
            Definition::InterfaceTypeDefinition(def) => {
                let def = def.make_mut();
                self.fielded(&def.name, &mut def.directives.0, &mut def.fields, Spot::Interface, false);
            }
            Definition::InterfaceTypeExtension(def) => {
                let def = def.make_mut();
                self.fielded(&def.name, &mut def.directives.0, &mut def.fields, Spot::Interface, true);
            }
            Definition::InputObjectTypeDefinition(def) => {
                let def = def.make_mut();
                self.named(&def.name, &mut def.directives.0);
                self.inputs(&mut def.fields, |name| format!("{}.{name}", def.name));
            }
            Definition::InputObjectTypeExtension(def) => {
                let def = def.make_mut();
                self.named(&def.name, &mut def.directives.0);
                self.inputs(&mut def.fields, |name| format!("{}.{name}", def.name));
            }
            Definition::EnumTypeDefinition(def) => {
                let def = def.make_mut();
                self.named(&def.name, &mut def.directives.0);
                self.values(&def.name, &mut def.values);
            }
            Definition::EnumTypeExtension(def) => {
                let def = def.make_mut();
                self.named(&def.name, &mut def.directives.0);
                self.values(&def.name, &mut def.values);
            }
            Definition::ScalarTypeDefinition(def) => {
                let def = def.make_mut();
                self.named(&def.name, &mut def.directives.0);
            }
            Definition::ScalarTypeExtension(def) => {
                let def = def.make_mut();
                self.named(&def.name, &mut def.directives.0);
            }
            Definition::UnionTypeDefinition(def) => {
                let def = def.make_mut();
                self.named(&def.name, &mut def.directives.0);
            }
            Definition::UnionTypeExtension(def) => {
                let def = def.make_mut();
                self.named(&def.name, &mut def.directives.0);
            }
            Definition::DirectiveDefinition(_)
            | Definition::OperationDefinition(_)
            | Definition::FragmentDefinition(_) => {}
        }
    }

    fn named(&mut self, name: &str, directives: &mut Vec<Node<Directive>>) {
        self.gathered.blocks.push(Block { file: self.file, extension: false });
        self.list(directives, &Site::Type(name.to_owned()), Spot::Other);
    }

    fn fielded(
        &mut self,
        name: &str,
        directives: &mut Vec<Node<Directive>>,
        fields: &mut [Node<FieldDefinition>],
        spot: Spot,
        extension: bool,
    ) {
        let block = self.gathered.blocks.len();
        self.gathered.blocks.push(Block { file: self.file, extension });
        self.list(directives, &Site::Type(name.to_owned()), spot);
        for field in fields {
            let site = (name.to_owned(), field.name.to_string());
            self.gathered.field_blocks.entry(site.clone()).or_insert(block);
            if field.directives.is_empty() && field.arguments.iter().all(|argument| argument.directives.is_empty()) {
                continue;
            }
            let field = field.make_mut();
            let coordinate = format!("{name}.{}", field.name);
            self.list(&mut field.directives.0, &Site::Field(site.0, site.1), Spot::Field);
            self.inputs(&mut field.arguments, |argument| format!("{coordinate}({argument}:)"));
        }
    }

    fn inputs(&mut self, inputs: &mut [Node<InputValueDefinition>], coordinate: impl Fn(&str) -> String) {
        for input in inputs {
            if !input.directives.is_empty() {
                let site = Site::Detail(coordinate(&input.name));
                self.list(&mut input.make_mut().directives.0, &site, Spot::Other);
            }
        }
    }

    fn values(&mut self, name: &str, values: &mut [Node<EnumValueDefinition>]) {
        for value in values {
            if !value.directives.is_empty() {
                let site = Site::Detail(format!("{name}.{}", value.value));
                self.list(&mut value.make_mut().directives.0, &site, Spot::Other);
            }
        }
    }

    /// Moves what is ours from the list to the gathered, noting what may not stand here.
    fn list(&mut self, directives: &mut Vec<Node<Directive>>, site: &Site, spot: Spot) {
        let block = self.gathered.blocks.len().saturating_sub(1);
        let kept = std::mem::take(directives);
        for node in kept {
            let place = self.reader.files.place(node.location());
            let Some(word) = self.links.word(&node.name) else {
                if self.unlinked(&node, place) {
                    continue;
                }
                directives.push(node);
                continue;
            };
            if word == Word::Refused {
                let message = format!("@{} is not supported", node.name);
                self.reader
                    .problems
                    .error("CONNECTORS_UNSUPPORTED_FEDERATION_DIRECTIVE", place, message)
                    .help("leave it out; what a connector needs of its parent it reads as `$this.field`");
                continue;
            }
            if word.spots().is_some_and(|spots| !spots.contains(&spot)) {
                let allowed: Vec<&str> = word.spots().unwrap_or_default().iter().map(|spot| spot.said()).collect();
                let message = format!("@{} may stand on {}, not on {}", node.name, allowed.join(", "), spot.said());
                self.reader.problems.error("GRAPHQL_ERROR", place, message);
                continue;
            }
            self.gathered.applied.push(Applied { word, node, place, site: site.clone(), block });
        }
    }

    /// A directive that some known specification has, in a file that does not link it.
    fn unlinked(&mut self, node: &Node<Directive>, place: Place) -> bool {
        let Some(help) = link_for(&node.name) else { return false };
        let message = format!("@{} is not known in this file", node.name);
        let code = if node.name == "source" { "NO_SOURCE_IMPORT" } else { "DIRECTIVE_NOT_IMPORTED" };
        self.reader.problems.error(code, place, message).help(help);
        self.gathered.unlinked.insert(node.name.to_string());
        true
    }
}
