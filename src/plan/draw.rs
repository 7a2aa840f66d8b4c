//! Operation + catalog → plan: one walk.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::Census;
use super::stage::{
    ArgsId, Child, Entry, Existence, Feed, Form, Need, Origin, Paging, Plan, Stage, Stages, Step, StepKind,
};
use crate::catalog::{
    Catalog, Connection, ConnectorId, Field, Layout, Lookup, Node, Role, Routes, Site, Slot, Ty, TypeId,
};
use crate::operation::{Arguments, Conditions, Kind, Operation, RootKey, Selected, Selections};

/// Why an operation that fits the contract cannot be planned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanProblem {
    /// The contract has no such root, or it is not served.
    #[error("{0} operations are not served here")]
    NotServed(&'static str),
    /// Nothing gives the field from here; `check` reports such fields before anything is served.
    #[error("nothing gives {ty}.{field} at this place")]
    NoGiver {
        /// The object type.
        ty: String,
        /// The field.
        field: String,
    },
}

/// Compiles one operation.
///
/// # Errors
/// Only where `check` would have said so of the schema before: a field that nothing gives.
pub fn draw(operation: Operation, catalog: &Catalog) -> Result<Plan, PlanProblem> {
    let root = match operation.kind {
        Kind::Query => catalog.query.ok_or(PlanProblem::NotServed("query"))?,
        Kind::Mutation => return Err(PlanProblem::NotServed("mutation")),
        Kind::Subscription => return Err(PlanProblem::NotServed("subscription")),
    };
    let mut drawing = Drawing { catalog, arguments: Vec::new(), pagings: Vec::new() };
    let selected = of_type(catalog, &operation.root, root);
    let mut root = drawing.stage(root, None, selected, None)?;
    splice_introspection(&mut root, &operation);
    let root = Arc::new(root);
    let Drawing { arguments, pagings, .. } = drawing;
    let census = Census::take(&root, catalog);
    Ok(Plan { operation, root, arguments, pagings, census })
}

/// `__schema` and `__type` are answered elsewhere; the root keeps their places among its entries.
fn splice_introspection(root: &mut Stage, operation: &Operation) {
    let keys = operation.introspection.iter().flat_map(|introspection| &introspection.keys);
    for (already, RootKey { position, selected }) in keys.enumerate() {
        let entry = Entry {
            literal: literal(&selected.key),
            key: selected.key.clone(),
            field: selected.field.clone(),
            when: selected.when.clone(),
            location: selected.location,
            nullable: true,
            from: Feed::Introspection,
            form: Form::Leaf { nullable: vec![true] },
        };
        let at = position + already;
        root.entries.insert(at, entry);
        let moved = |entry: &mut usize| *entry += usize::from(*entry >= at);
        root.steps.iter_mut().flat_map(|step| &mut step.entries).for_each(moved);
        root.children.iter_mut().map(|child| &mut child.entry).for_each(moved);
    }
}

/// What is selected of one concrete type.
fn of_type<'a>(catalog: &Catalog, selections: &'a Selections, ty: TypeId) -> &'a [Selected] {
    let name = &catalog.ty(ty).name;
    selections.per_type.iter().find(|(known, _)| known == name).map_or(&[], |(_, selected)| selected)
}

/// `"key":`
pub(super) fn literal(key: &str) -> String {
    format!("\"{key}\":")
}

/// Whether null is allowed at each level of a type, outermost first.
fn nullability(ty: &Ty) -> Vec<bool> {
    let mut levels = vec![ty.nullable()];
    let mut inner = ty.item();
    while let Some(item) = inner {
        levels.push(item.nullable());
        inner = item.item();
    }
    levels
}

pub(super) struct Drawing<'c> {
    pub(super) catalog: &'c Catalog,
    arguments: Vec<Arguments>,
    pagings: Vec<ArgsId>,
}

/// A stage being drawn.
pub(super) struct Draft<'d> {
    ty: TypeId,
    base: Option<&'d Layout>,
    /// Found where they are asked for: most stages below another one read what is at hand.
    routes: OnceCell<Routes>,
    steps: Vec<Step>,
    known: HashMap<(ConnectorId, String, Option<usize>), usize>,
    pub(super) children: Vec<Child>,
}

impl Draft<'_> {
    fn routes(&self, catalog: &Catalog) -> &Routes {
        let at_hand = || self.base.iter().flat_map(|layout| &layout.slots).map(|slot| slot.field.clone());
        self.routes.get_or_init(|| Routes::find(catalog, self.ty, at_hand()))
    }
}

impl Drawing<'_> {
    fn stage(
        &mut self,
        ty: TypeId,
        base: Option<&Layout>,
        selected: &[Selected],
        lookup: Option<&Lookup>,
    ) -> Result<Stage, PlanProblem> {
        let (steps, known, children) = (Vec::new(), HashMap::new(), Vec::new());
        let mut draft = Draft { ty, base, routes: OnceCell::new(), steps, known, children };
        let mut entries = Vec::with_capacity(selected.len());
        for (index, selected) in selected.iter().enumerate() {
            entries.push(self.entry(&mut draft, ty, index, selected)?);
        }
        let existence = self.existence(&mut draft, ty, lookup)?;
        let wants_coverage = entries.iter().any(|entry| matches!(entry.from, Feed::Coverage));
        let Draft { steps, children, .. } = draft;
        let is_plain = steps.is_empty() && children.is_empty() && existence.is_none() && !wants_coverage;
        let is_flat = is_plain && entries.iter().all(is_leaf);
        let type_name = self.catalog.ty(ty).name.clone();
        let base = base.cloned();
        Ok(Stage { ty, type_name, base, steps, entries, children, existence, is_plain, is_flat, wants_coverage })
    }

    fn entry(
        &mut self,
        draft: &mut Draft<'_>,
        ty: TypeId,
        index: usize,
        selected: &Selected,
    ) -> Result<Entry, PlanProblem> {
        let (nullable, from, form) = match selected.field.as_str() {
            "__typename" => (false, Feed::Typename, Form::Leaf { nullable: vec![false] }),
            name => {
                let field = self
                    .catalog
                    .object(ty)
                    .and_then(|object| object.fields.get(name))
                    .ok_or_else(|| self.no_giver(ty, name))?;
                let (from, form) = self.field(draft, ty, index, selected, field)?;
                (field.ty.nullable(), from, form)
            }
        };
        Ok(Entry {
            literal: literal(&selected.key),
            key: selected.key.clone(),
            field: selected.field.clone(),
            when: selected.when.clone(),
            location: selected.location,
            nullable,
            from,
            form,
        })
    }

    fn field(
        &mut self,
        draft: &mut Draft<'_>,
        ty: TypeId,
        index: usize,
        selected: &Selected,
        field: &Field,
    ) -> Result<(Feed, Form), PlanProblem> {
        match &field.role {
            Role::Coverage => return Ok((Feed::Coverage, coverage_rows(self.catalog, field, selected))),
            Role::Lookup(lookup) => return self.looked_up(draft, ty, index, selected, field, lookup),
            Role::Given => {}
        }
        if let Some(base) = draft.base
            && let Some(slot) = base.position(&selected.field)
        {
            let form = self.form(draft, index, selected, field, &[&base.slots[slot]], None)?;
            return Ok((Feed::Base { slot }, form));
        }
        let origins = self.origins(draft, ty, index, selected, field)?;
        if origins.is_empty() && draft.base.is_some() {
            return Ok((Feed::Nothing, Form::Leaf { nullable: nullability(&field.ty) }));
        }
        let catalog = self.catalog;
        let slot = |origin: &Origin| match &draft.steps[origin.step].kind {
            StepKind::Call { connector, .. } => Some(&catalog.connector(*connector).gives.slots[origin.slot]),
            StepKind::Keys { .. } => None,
        };
        let slots: Vec<&Slot> = origins.iter().filter_map(slot).collect();
        if slots.is_empty() {
            return Err(self.no_giver(ty, &selected.field));
        }
        let form = self.form(draft, index, selected, field, &slots, None)?;
        Ok((Feed::Steps(origins), form))
    }

    /// The steps that give a field: one, or with `@prefer` each one that can be reached, in that order; none for a
    /// field of a plain object that stands in other places only.
    fn origins(
        &mut self,
        draft: &mut Draft<'_>,
        ty: TypeId,
        index: usize,
        selected: &Selected,
        field: &Field,
    ) -> Result<Vec<Origin>, PlanProblem> {
        let givers: Vec<ConnectorId> = if field.preferred {
            field.givers.iter().copied().filter(|giver| draft.routes(self.catalog).route(*giver).is_some()).collect()
        } else {
            draft.routes(self.catalog).giver(self.catalog, &selected.field).into_iter().collect()
        };
        let mut origins: Vec<Origin> = Vec::with_capacity(givers.len());
        for giver in givers {
            let fallback_of = origins.last().map(|origin| origin.step);
            let step = self.step(draft, ty, giver, Some((selected, field)), fallback_of)?;
            draft.steps[step].entries.push(index);
            let slot = self.slot_of(ty, giver, &selected.field)?;
            origins.push(Origin { step, slot });
        }
        Ok(origins)
    }

    fn slot_of(&self, ty: TypeId, connector: ConnectorId, field: &str) -> Result<usize, PlanProblem> {
        self.catalog.connector(connector).gives.position(field).ok_or_else(|| self.no_giver(ty, field))
    }

    /// The step that calls a connector, made with everything it waits for where there is none yet.
    fn step(
        &mut self,
        draft: &mut Draft<'_>,
        ty: TypeId,
        id: ConnectorId,
        asked_by: Option<(&Selected, &Field)>,
        fallback_of: Option<usize>,
    ) -> Result<usize, PlanProblem> {
        let connector = self.catalog.connector(id);
        let read = asked_by
            .filter(|_| !connector.args.is_empty())
            .map(|(selected, _)| selected.arguments.only(&connector.args));
        let spelled = read.as_ref().map(Arguments::spelled).unwrap_or_default();
        let identity = (id, spelled, fallback_of);
        if let Some(&known) = draft.known.get(&identity) {
            return Ok(known);
        }
        let route = draft.routes(self.catalog).route(id).cloned().ok_or_else(|| self.no_giver(ty, &connector.id))?;
        let mut needs = Vec::with_capacity(connector.needs.len());
        for need in &connector.needs {
            needs.push(match route.waits_for.get(need) {
                Some(&giver) => {
                    let step = self.step(draft, ty, giver, None, None)?;
                    Need::From { step, slot: self.slot_of(ty, giver, need)? }
                }
                None => {
                    let slot = draft.base.and_then(|base| base.position(need));
                    Need::AtHand { slot: slot.ok_or_else(|| self.no_giver(ty, need))? }
                }
            });
        }
        let arguments = read.map(|read| self.keep_arguments(read));
        let paging = match (asked_by.and_then(|(_, field)| field.connection.as_ref()), arguments) {
            (Some(&Connection::Source { ref cursor, max }), Some(arguments)) => {
                Some(Paging { arguments, by_source: Some((cursor.clone(), max)) })
            }
            _ => None,
        };
        let object = self.catalog.object(connector.site.ty());
        let is_normalized = |need: &String| {
            object.is_some_and(|object| object.fields.get(need).is_some_and(|field| field.normalize.is_some()))
        };
        let normalizes = connector.needs.iter().any(is_normalized);
        let kind = StepKind::Call { connector: id, arguments, paging, normalizes };
        draft.steps.push(Step { kind, needs, entries: Vec::new(), fallback_of, only_for_existence: false });
        draft.known.insert(identity, draft.steps.len() - 1);
        Ok(draft.steps.len() - 1)
    }

    /// A look-up: its keys stand in the arguments, so everything below starts at once.
    fn looked_up(
        &mut self,
        draft: &mut Draft<'_>,
        ty: TypeId,
        index: usize,
        selected: &Selected,
        field: &Field,
        lookup: &Lookup,
    ) -> Result<(Feed, Form), PlanProblem> {
        let entity = self.catalog.object(lookup.entity).ok_or_else(|| self.no_giver(ty, &selected.field))?;
        let mut slots = Vec::with_capacity(lookup.keys.len());
        for (_, key) in &lookup.keys {
            let known = entity.fields.get(key).ok_or_else(|| self.no_giver(lookup.entity, key))?;
            slots.push(Slot { field: key.clone(), ty: known.ty.clone(), node: self.leaf(&known.ty), max: None });
        }
        let node = Node::Object(Layout { ty: lookup.entity, slots });
        // A key that cannot be read leaves its place empty: unlike in an answer, nothing may be dropped.
        let loose = if lookup.many {
            Ty::List { of: Box::new(Ty::Named { id: lookup.entity, nullable: true }), nullable: true }
        } else {
            Ty::Named { id: lookup.entity, nullable: true }
        };
        let slot = Slot { field: selected.field.clone(), ty: loose, node, max: None };
        let arguments = self.keep_arguments(selected.arguments.clone());
        let form = self.form(draft, index, selected, field, &[&slot], Some(lookup))?;
        let layout = Layout { ty, slots: vec![slot] };
        let kind = StepKind::Keys { arguments, keys: lookup.keys.clone(), layout, many: lookup.many };
        draft.steps.push(Step {
            kind,
            needs: Vec::new(),
            entries: vec![index],
            fallback_of: None,
            only_for_existence: false,
        });
        let step = draft.steps.len() - 1;
        Ok((Feed::Steps(vec![Origin { step, slot: 0 }]), form))
    }

    fn leaf(&self, ty: &Ty) -> Node {
        match &self.catalog.ty(ty.base()).kind {
            crate::catalog::TypeKind::Scalar(scalar) => Node::Scalar(*scalar),
            crate::catalog::TypeKind::Enum(names) => Node::Enum(names.clone().into()),
            _ => Node::Scalar(crate::catalog::Scalar::Id),
        }
    }

    fn form(
        &mut self,
        draft: &mut Draft<'_>,
        index: usize,
        selected: &Selected,
        field: &Field,
        slots: &[&Slot],
        lookup: Option<&Lookup>,
    ) -> Result<Form, PlanProblem> {
        let Some(selections) = &selected.of else {
            return Ok(Form::Leaf { nullable: nullability(&field.ty) });
        };
        if let Some(connection) = &field.connection {
            return self.connection(draft, index, selected, connection, slots, selections).map(Form::Connection);
        }
        let stages = self.stages(slots, selections, lookup)?;
        let stages = register(draft, index, Vec::new(), None, stages);
        Ok(Form::Objects { nullable: nullability(&field.ty), stages })
    }

    /// The stages of the objects that the slots of a field's givers may hold: one per concrete type, and per layout where
    /// they do not give the same of it.
    pub(super) fn stages(
        &mut self,
        slots: &[&Slot],
        selections: &Selections,
        lookup: Option<&Lookup>,
    ) -> Result<Vec<Arc<Stage>>, PlanProblem> {
        let mut layouts: Vec<&Layout> = Vec::new();
        for slot in slots {
            let held: Vec<&Layout> = match &slot.node {
                Node::Object(layout) => vec![layout],
                Node::Abstract(layouts) => layouts.iter().map(|(_, layout)| layout).collect(),
                Node::Scalar(_) | Node::Enum(_) => Vec::new(),
            };
            held.into_iter().for_each(|layout| {
                if !layouts.contains(&layout) {
                    layouts.push(layout);
                }
            });
        }
        let mut stages = Vec::with_capacity(layouts.len());
        for layout in layouts {
            let selected = of_type(self.catalog, selections, layout.ty);
            stages.push(Arc::new(self.stage(layout.ty, Some(layout), selected, lookup)?));
        }
        Ok(stages)
    }

    /// What decides whether the objects of this stage exist; `None` where their parent's answer does.
    fn existence(
        &mut self,
        draft: &mut Draft<'_>,
        ty: TypeId,
        lookup: Option<&Lookup>,
    ) -> Result<Option<Existence>, PlanProblem> {
        if let Some(lookup) = lookup {
            let mut deciding = Vec::new();
            for &id in &lookup.exists {
                let before = draft.steps.len();
                let step = self.step(draft, ty, id, None, None)?;
                for added in &mut draft.steps[before..] {
                    added.only_for_existence = true;
                }
                deciding.push(step);
            }
            return Ok(Some(Existence { deciding, stub: false, named: true }));
        }
        let (Some(base), Some(object)) = (draft.base, self.catalog.object(ty)) else { return Ok(None) };
        let is_stub = object.is_entity() && base.slots.iter().all(|slot| object.is_key(&slot.field));
        if !is_stub {
            return Ok(None);
        }
        let decides: BTreeSet<ConnectorId> = if object.exists.is_empty() {
            let at_hand = |id: &&ConnectorId| self.catalog.connector(**id).needs.iter().all(|need| base.gives(need));
            object.connectors.iter().filter(at_hand).copied().collect()
        } else {
            object.exists.iter().copied().collect()
        };
        let deciding: Vec<usize> = (0..draft.steps.len())
            .filter(|&step| match &draft.steps[step].kind {
                StepKind::Call { connector, .. } => {
                    decides.contains(connector) && matches!(self.catalog.connector(*connector).site, Site::Type(_))
                }
                StepKind::Keys { .. } => false,
            })
            .collect();
        // Where look-ups name several that decide, one that is called by chance does not speak for the others.
        let named = !object.exists.is_empty();
        let called: BTreeSet<ConnectorId> =
            deciding.iter().filter_map(|&step| connector_of(&draft.steps[step])).collect();
        let speaks = if named { called == decides } else { !deciding.is_empty() };
        Ok(speaks.then_some(Existence { deciding, stub: true, named }))
    }

    pub(super) fn keep_arguments(&mut self, arguments: Arguments) -> ArgsId {
        self.arguments.push(arguments);
        ArgsId(self.arguments.len() - 1)
    }

    pub(super) fn keep_paging(&mut self, arguments: Arguments) -> ArgsId {
        let id = self.keep_arguments(arguments);
        self.pagings.push(id);
        id
    }

    fn no_giver(&self, ty: TypeId, field: &str) -> PlanProblem {
        PlanProblem::NoGiver { ty: self.catalog.ty(ty).name.clone(), field: field.to_owned() }
    }
}

fn connector_of(step: &Step) -> Option<ConnectorId> {
    match &step.kind {
        StepKind::Call { connector, .. } => Some(*connector),
        StepKind::Keys { .. } => None,
    }
}

/// Notes the objects of an entry as a child of the stage where any of them needs work.
pub(super) fn register(
    draft: &mut Draft<'_>,
    entry: usize,
    when: Vec<Conditions>,
    paging: Option<Paging>,
    per_type: Vec<Arc<Stage>>,
) -> Arc<Stages> {
    let fetched = per_type.iter().any(|stage| !stage.is_plain);
    let child = fetched.then_some(draft.children.len());
    let is_mixed =
        (1..per_type.len()).any(|place| per_type[..place].iter().any(|stage| stage.ty == per_type[place].ty));
    let stages = Arc::new(Stages { per_type, is_mixed, child });
    if fetched {
        draft.children.push(Child { entry, when, paging, stages: stages.clone() });
    }
    stages
}

fn coverage_rows(catalog: &Catalog, field: &Field, selected: &Selected) -> Form {
    let rows = selected.of.as_ref().map(|of| of_type(catalog, of, field.ty.base())).unwrap_or_default();
    Form::Coverage(rows.iter().map(|row| (literal(&row.key), row.field.clone(), row.when.clone())).collect())
}

/// Whether an entry is one leaf of the object's own record, whatever the variables are.
fn is_leaf(entry: &Entry) -> bool {
    let is_single = matches!(&entry.form, Form::Leaf { nullable } if nullable.len() == 1);
    is_single && matches!(entry.from, Feed::Base { .. }) && entry.when.is_always()
}
