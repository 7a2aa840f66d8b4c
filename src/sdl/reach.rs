//! Whether every field that clients may ask for can be had, wherever they may ask.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::assemble::Assembly;
use super::doubts;
use super::reader::Reader;
use super::source_text::Place;
use crate::catalog::{Catalog, ConnectorId, Layout, Node, Object, Role, Routes, Site, TypeId, TypeKind};

/// A place where an object of a type comes into view.
struct Entry {
    ty: TypeId,
    at_hand: BTreeSet<String>,
    place: Place,
    /// How messages call it: `Query.customer`, `connector crmDeals`.
    from: String,
}

/// Checks all entries, then what nothing uses.
pub(super) fn check(assembly: &Assembly<'_>, reader: &mut Reader<'_, '_>) {
    let entries = entries(assembly, reader);
    let mut check = Check { assembly, used: HashSet::new(), said: HashSet::new() };
    check.nobody_gives(&entries, reader);
    for entry in &entries {
        check.entry(entry, reader);
    }
    if reader.problems.errors() == 0 {
        check.unused(reader);
    }
    doubts::non_null(assembly, reader);
    if reader.problems.errors() == 0 {
        doubts::keys(assembly, reader);
    }
}

/// All entries, those with the same type and fields at hand once.
fn entries(assembly: &Assembly<'_>, reader: &Reader<'_, '_>) -> Vec<Entry> {
    let catalog = &assembly.catalog;
    let mut entries = Vec::new();
    for root in [catalog.query, catalog.mutation].into_iter().flatten() {
        for (name, field) in catalog.object(root).into_iter().flat_map(|object| &object.fields) {
            if let Role::Lookup(lookup) = &field.role {
                let root = &catalog.ty(root).name;
                entries.push(Entry {
                    ty: lookup.entity,
                    at_hand: lookup.keys.iter().map(|(_, key)| key.clone()).collect(),
                    place: assembly.field_place(reader, root, name),
                    from: format!("{root}.{name}"),
                });
            }
        }
    }
    for id in assembly.connector_ids() {
        let connector = catalog.connector(id);
        let (place, from) = (assembly.connector_place(id), format!("connector {}", connector.id));
        inner(&connector.gives, &mut |layout| {
            let at_hand = layout.slots.iter().map(|slot| slot.field.clone()).collect();
            entries.push(Entry { ty: layout.ty, at_hand, place, from: from.clone() });
        });
    }
    let mut seen = HashSet::new();
    entries.retain(|entry| seen.insert((entry.ty, entry.at_hand.clone())));
    entries
}

/// Visits every layout inside a layout, not itself.
fn inner(layout: &Layout, visit: &mut impl FnMut(&Layout)) {
    for slot in &layout.slots {
        match &slot.node {
            Node::Object(layout) => {
                visit(layout);
                inner(layout, visit);
            }
            Node::Abstract(layouts) => {
                for (_, layout) in layouts {
                    visit(layout);
                    inner(layout, visit);
                }
            }
            Node::Scalar(_) | Node::Enum(_) => {}
        }
    }
}

struct Check<'a> {
    assembly: &'a Assembly<'a>,
    /// Connectors that some field, chain or lookup makes use of.
    used: HashSet<ConnectorId>,
    /// Fields that have been complained of.
    said: HashSet<(TypeId, String)>,
}

impl Check<'_> {
    fn catalog(&self) -> &Catalog {
        &self.assembly.catalog
    }

    /// Fields that stand in no selection at all.
    fn nobody_gives(&mut self, entries: &[Entry], reader: &mut Reader<'_, '_>) {
        let mut given: BTreeMap<TypeId, BTreeSet<&str>> = BTreeMap::new();
        for entry in entries {
            given.entry(entry.ty).or_default().extend(entry.at_hand.iter().map(String::as_str));
        }
        let assembly = self.assembly;
        let catalog = &assembly.catalog;
        for (index, ty) in catalog.types.iter().enumerate() {
            let id = TypeId(u32::try_from(index).expect("types were counted when they were named"));
            let TypeKind::Object(object) = &ty.kind else { continue };
            if is_made_here(&ty.name) || Some(id) == catalog.query || Some(id) == catalog.mutation {
                continue;
            }
            if !given.contains_key(&id) {
                let place = assembly.type_place(reader, &ty.name);
                let message = format!("no selection and no lookup ever yields {}", ty.name);
                reader
                    .problems
                    .warning("TYPE_NOT_REACHED", place, message)
                    .help("select a field of this type, or leave the type out");
                continue;
            }
            for (name, field) in &object.fields {
                let is_given = given.get(&id).is_some_and(|given| given.contains(name.as_str()));
                if field.visible && field.role == Role::Given && field.givers.is_empty() && !is_given {
                    self.said.insert((id, name.clone()));
                    let place = assembly.field_place(reader, &ty.name, name);
                    let message = format!("nobody gives {}.{name}: no selection has it", ty.name);
                    reader
                        .problems
                        .error("CONNECTORS_UNRESOLVED_FIELD", place, message)
                        .help(format!("select `{name}` in a connector of {}, or leave the field out", ty.name));
                }
            }
        }
    }

    fn entry(&mut self, entry: &Entry, reader: &mut Reader<'_, '_>) {
        let assembly = self.assembly;
        let Some(object) = assembly.catalog.object(entry.ty) else { return };
        let wanted: Vec<&String> = object
            .fields
            .iter()
            .filter(|(name, field)| field.visible && field.role == Role::Given && !entry.at_hand.contains(*name))
            .map(|(name, _)| name)
            .filter(|name| !self.said.contains(&(entry.ty, (*name).clone())))
            .collect();
        let is_connected = assembly.catalog.connectors.iter().any(|connector| connector.site.ty() == entry.ty);
        // A plain object is what its place gives: a field that stands in other places only is null in this one.
        if !is_connected {
            return;
        }
        let routes = Routes::find(&assembly.catalog, entry.ty, entry.at_hand.iter().cloned());
        for name in wanted {
            match routes.giver(&assembly.catalog, name) {
                Some(giver) => self.use_route(entry, &routes, giver, reader),
                None => self.unreachable(entry, &routes, object, name, reader),
            }
        }
        for field in object.fields.values().filter(|field| field.preferred) {
            let reachable = field.givers.iter().copied().filter(|id| routes.route(*id).is_some());
            self.used.extend(reachable);
        }
        self.used.extend(object.exists.iter().copied());
    }

    /// Marks a chain as used, and refuses one that could as well run through another source.
    fn use_route(&mut self, entry: &Entry, routes: &Routes, giver: ConnectorId, reader: &mut Reader<'_, '_>) {
        let Some(route) = routes.route(giver) else { return };
        for &call in &route.calls {
            if !self.used.insert(call) {
                continue;
            }
            let assembly = self.assembly;
            for (need, one, other) in routes.rivals(&assembly.catalog, call) {
                let catalog = &assembly.catalog;
                let id = |id: ConnectorId| catalog.connector(id).id.as_str();
                let message = format!(
                    "from {}, {} needs {need}, which {} and {} reach equally fast",
                    entry.from,
                    id(call),
                    id(one),
                    id(other)
                );
                let related = [one, other].map(|by| {
                    let chain = said_chain(catalog, routes, by);
                    (assembly.connector_place(by), format!("one way: {chain}"))
                });
                reader
                    .problems
                    .error_with("AMBIGUOUS_CHAIN", assembly.connector_place(call), message, related)
                    .help(format!("write @prefer(order: [\"{}\", \"{}\"]) on the field {need}", id(one), id(other)));
            }
        }
    }

    fn unreachable(
        &mut self,
        entry: &Entry,
        routes: &Routes,
        object: &Object,
        name: &str,
        reader: &mut Reader<'_, '_>,
    ) {
        if !self.said.insert((entry.ty, name.to_owned())) {
            return;
        }
        let catalog = self.catalog();
        let type_name = &catalog.ty(entry.ty).name;
        let place = self.assembly.field_place(reader, type_name, name);
        let hand: Vec<&str> = entry.at_hand.iter().map(String::as_str).collect();
        let hand = if hand.is_empty() { "nothing".to_owned() } else { hand.join(", ") };
        let Some(&giver) = object.fields.get(name).and_then(|field| field.givers.first()) else {
            let message = format!("{} yields a {type_name} with {hand}; nobody gives its {name}", entry.from);
            let related = [(entry.place, "it comes into view here".to_owned())];
            reader.problems.error_with("CONNECTORS_UNRESOLVED_FIELD", place, message, related);
            return;
        };
        let mut chain = Vec::new();
        let circle = explain(catalog, routes, giver, &mut Vec::new(), &mut chain);
        let code = if circle { "CIRCULAR_REFERENCE" } else { "CONNECTORS_UNRESOLVED_FIELD" };
        let message = format!(
            "{type_name}.{name} cannot be reached from {}, where {hand} is at hand: {}",
            entry.from,
            chain.join("; ")
        );
        let related = [(self.assembly.connector_place(giver), format!("{} gives it", catalog.connector(giver).id))];
        let problem = reader.problems.error_with(code, place, message, related);
        if circle {
            problem.help(format!("let one of them start from {hand}"));
        } else if let Some(need) = last_need(&chain) {
            problem.help(format!("select `{need}` in a connector that starts from {hand}"));
        }
    }

    fn unused(&mut self, reader: &mut Reader<'_, '_>) {
        for id in self.assembly.connector_ids() {
            let connector = self.catalog().connector(id);
            let is_root = matches!(&connector.site, Site::Field { on, .. }
                if Some(*on) == self.catalog().query || Some(*on) == self.catalog().mutation);
            if !is_root && !self.used.contains(&id) {
                let place = self.assembly.connector_place(id);
                let message = format!("connector {} gives nothing that is not had without it", connector.id);
                reader
                    .problems
                    .warning("UNUSED_CONNECTOR", place, message)
                    .help("leave it out, or select what only it gives");
            }
        }
    }
}

/// The need in which a chain ends: nobody gives it.
fn last_need(chain: &[String]) -> Option<&str> {
    let (_, need) = chain.last()?.split_once(" needs ")?;
    need.split_once(',').map(|(need, _)| need)
}

/// Types whose fields the gateway fills.
pub(super) fn is_made_here(name: &str) -> bool {
    matches!(name, "Coverage" | "PageInfo")
}

/// Says what keeps a connector from being called, need by need; true where the chain comes back to itself.
fn explain(
    catalog: &Catalog,
    routes: &Routes,
    id: ConnectorId,
    path: &mut Vec<ConnectorId>,
    chain: &mut Vec<String>,
) -> bool {
    let obstacle = routes.obstacle(catalog, id);
    let name = &catalog.connector(id).id;
    let mut circle = false;
    path.push(id);
    for need in &obstacle.missing {
        let ty = catalog.connector(id).site.ty();
        let givers = catalog.object(ty).and_then(|object| object.fields.get(need)).map(|field| &field.givers);
        match givers.and_then(|givers| givers.first()) {
            None => chain.push(format!("{name} needs {need}, which nobody gives")),
            Some(giver) if path.contains(giver) => {
                chain.push(format!("{name} needs {need}, which only {} gives: a circle", catalog.connector(*giver).id));
                circle = true;
            }
            Some(giver) => {
                chain.push(format!("{name} needs {need} from {}", catalog.connector(*giver).id));
                circle |= explain(catalog, routes, *giver, path, chain);
            }
        }
    }
    path.pop();
    circle
}

/// `id → people → tickets`: the calls of a chain in the order in which they are made.
fn said_chain(catalog: &Catalog, routes: &Routes, id: ConnectorId) -> String {
    let Some(route) = routes.route(id) else { return catalog.connector(id).id.clone() };
    let mut calls: Vec<ConnectorId> = route.calls.iter().copied().collect();
    calls.sort_by_key(|call| routes.route(*call).map_or(0, |route| route.calls.len()));
    calls.iter().map(|call| catalog.connector(*call).id.as_str()).collect::<Vec<_>>().join(", then ")
}
