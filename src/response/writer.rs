//! The one pass over the shape.

use super::Paper;
use super::errors::{Errors, Path};
use crate::catalog::ConnectorId;
use crate::fetch::{ChildGroup, Group, Outcome, Presence};
use crate::plan::{Entry, Feed, Form, Origin, Stage, Stages, StepKind};
use crate::record::{Content, Failure, View};

/// A null where the contract does not allow one: carried up to the nearest place that does.
pub(super) struct Carried;

/// The objects' own record, and which connector it came from (none for the keys of a look-up).
#[derive(Clone, Copy)]
pub(super) struct Base<'v> {
    pub(super) view: View<'v>,
    pub(super) connector: Option<ConnectorId>,
}

pub(super) struct Writer<'w> {
    pub(super) paper: Paper<'w>,
    pub(super) out: Vec<u8>,
    pub(super) errors: Errors<'w>,
    pub(super) path: Path<'w>,
    /// It got longer than it may be: what is written from then on is for nobody.
    is_full: bool,
}

/// What is known of a value before it is written.
pub(super) enum Had<'v> {
    /// A content of a record, and the connector that gave it.
    Content(Content<'v>, Option<ConnectorId>),
    /// The call was fine and the key is not in it.
    Absent,
    /// The customer is not linked to that system.
    NotLinked,
    /// It could not be had.
    Failed(&'v Failure, ConnectorId),
}

/// What an object's entry holds.
pub(super) fn had<'v>(
    paper: Paper<'v>,
    stage: &'v Stage,
    group: Option<&'v Group<'_>>,
    index: usize,
    base: Option<Base<'v>>,
    entry: &Entry,
) -> Had<'v> {
    match (&entry.from, group, base) {
        (Feed::Base { slot }, _, Some(base)) => Had::Content(base.view.slot(*slot), base.connector),
        (Feed::Steps(origins), Some(group), _) => had_of_steps(paper, stage, group, index, origins),
        _ => Had::NotLinked,
    }
}

fn had_of_steps<'v>(
    paper: Paper<'v>,
    stage: &'v Stage,
    group: &'v Group<'_>,
    index: usize,
    origins: &[Origin],
) -> Had<'v> {
    let mut had = Had::NotLinked;
    for origin in origins {
        match (&stage.steps[origin.step].kind, group.outcome(origin.step, index)) {
            (StepKind::Call { connector, .. }, Outcome::Found { record, .. }) => {
                let layout = &paper.catalog.connector(*connector).gives;
                return Had::Content(record.view(layout).slot(origin.slot), Some(*connector));
            }
            (StepKind::Keys { layout, .. }, Outcome::Found { record, .. }) => {
                return Had::Content(record.view(layout).slot(origin.slot), None);
            }
            (StepKind::Call { connector, .. }, Outcome::Failed(failure) | Outcome::Blocked(failure))
                if !matches!(had, Had::Failed(..)) =>
            {
                had = Had::Failed(failure, *connector);
            }
            (_, Outcome::Absent { .. }) if matches!(had, Had::NotLinked) => had = Had::Absent,
            _ => {}
        }
    }
    had
}

impl<'w> Writer<'w> {
    pub(super) fn new(paper: Paper<'w>) -> Writer<'w> {
        let errors = Errors::new(paper.twins);
        Writer { paper, out: Vec::with_capacity(paper.room_bytes), errors, path: Path::default(), is_full: false }
    }

    /// Whether the answer is longer than it may be, or was.
    pub(super) fn is_full(&mut self) -> bool {
        self.is_full |= self.out.len() > self.paper.most_bytes;
        self.is_full
    }

    /// One object of a stage.
    pub(super) fn object(
        &mut self,
        stage: &'w Stage,
        group: Option<&Group<'_>>,
        index: usize,
        base: Option<Base<'_>>,
    ) -> Result<(), Carried> {
        if self.is_full() {
            return Err(Carried);
        }
        if stage.is_flat && base.is_some_and(|base| self.flat(stage, base.view)) {
            return Ok(());
        }
        let mark = self.out.len();
        let mut separator = b'{';
        for entry in &stage.entries {
            if !entry.when.hold(&self.paper.bindings.variables) {
                continue;
            }
            self.out.push(separator);
            separator = b',';
            self.out.extend_from_slice(entry.literal.as_bytes());
            self.path.enter(&entry.key);
            let written = self.entry(stage, group, index, base, entry);
            self.path.leave();
            if written.is_err() {
                self.out.truncate(mark);
                return Err(Carried);
            }
        }
        if separator == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
        Ok(())
    }

    /// An object of nothing but leaves. False, with nothing written, where one of them is not as the contract wants it.
    fn flat(&mut self, stage: &Stage, view: View<'_>) -> bool {
        let mark = self.out.len();
        for entry in &stage.entries {
            let leaf = match entry.from {
                Feed::Base { slot } => view.leaf(slot),
                _ => None,
            };
            let Some(json) = leaf.filter(|json| !json.is_empty() || entry.nullable) else {
                self.out.truncate(mark);
                return false;
            };
            self.out.push(b',');
            self.out.extend_from_slice(entry.literal.as_bytes());
            self.out.extend_from_slice(if json.is_empty() { b"null" } else { json });
        }
        match self.out.get_mut(mark) {
            Some(first) => *first = b'{',
            None => self.out.push(b'{'),
        }
        self.out.push(b'}');
        true
    }

    fn entry(
        &mut self,
        stage: &'w Stage,
        group: Option<&Group<'_>>,
        index: usize,
        base: Option<Base<'_>>,
        entry: &'w Entry,
    ) -> Result<(), Carried> {
        match &entry.from {
            Feed::Typename => {
                self.text(&stage.type_name);
                return Ok(());
            }
            Feed::Coverage => {
                if let (Form::Coverage(rows), Some(group)) = (&entry.form, group) {
                    super::coverage::rows(&mut self.out, self.paper, stage, group, index, base, rows);
                }
                return Ok(());
            }
            Feed::Introspection => return self.introspection(entry),
            Feed::Base { .. } | Feed::Steps(_) | Feed::Nothing => {}
        }
        match had(self.paper, stage, group, index, base, entry) {
            Had::Content(content, connector) => self.content(group, index, entry, content, connector),
            Had::Absent => self.absent(stage, entry),
            Had::NotLinked => self.lacking(stage, entry),
            Had::Failed(failure, connector) => {
                let connector = &self.paper.catalog.connector(connector).id;
                self.errors.failed(&self.path, entry.location, connector, failure);
                self.null(entry.nullable)
            }
        }
    }

    fn introspection(&mut self, entry: &'w Entry) -> Result<(), Carried> {
        match self.paper.introspection.iter().find(|(key, _)| *key == entry.key) {
            Some((_, json)) => {
                self.out.extend_from_slice(json);
                Ok(())
            }
            None => self.null(entry.nullable),
        }
    }

    /// The call was fine and knows nothing of the key: a list is empty, everything else null.
    fn absent(&mut self, stage: &'w Stage, entry: &'w Entry) -> Result<(), Carried> {
        match &entry.form {
            Form::Connection(shape) => {
                self.connection(shape, None, None, entry, None);
                Ok(())
            }
            form if form.is_list() => {
                self.out.extend_from_slice(b"[]");
                Ok(())
            }
            _ => self.lacking(stage, entry),
        }
    }

    /// A field that nobody has a value for. Where it may not be null, that does not fit the contract.
    fn lacking(&mut self, stage: &'w Stage, entry: &'w Entry) -> Result<(), Carried> {
        let giver = match &entry.from {
            Feed::Steps(origins) => origins.iter().find_map(|origin| match &stage.steps[origin.step].kind {
                StepKind::Call { connector, .. } => Some(*connector),
                StepKind::Keys { .. } => None,
            }),
            _ => None,
        };
        self.missing(Source { entry, connector: giver }, entry.nullable)
    }

    fn content(
        &mut self,
        group: Option<&Group<'_>>,
        index: usize,
        entry: &'w Entry,
        content: Content<'_>,
        connector: Option<ConnectorId>,
    ) -> Result<(), Carried> {
        let source = Source { entry, connector };
        match &entry.form {
            Form::Leaf { nullable } => self.leaf(source, content, nullable),
            Form::Objects { nullable, stages } => {
                let mut below = Below::of(group, stages, index);
                self.objects(source, stages, &mut below, content, nullable)
            }
            Form::Connection(shape) => match content {
                Content::Invalid => {
                    self.invalid(source);
                    self.null(entry.nullable)
                }
                Content::List(items) => {
                    self.connection(shape, Some(items), group.map(|group| (group, index)), entry, connector);
                    Ok(())
                }
                _ => {
                    self.connection(shape, None, None, entry, connector);
                    Ok(())
                }
            },
            Form::Coverage(_) => self.null(entry.nullable),
        }
    }

    /// A leaf or lists of leaves: copied as they stand.
    fn leaf(&mut self, source: Source<'w>, content: Content<'_>, nullable: &[bool]) -> Result<(), Carried> {
        match content {
            Content::Json(text) => {
                self.out.extend_from_slice(text);
                Ok(())
            }
            Content::List(items) => {
                self.list(source, items.has_dropped(), items.iter(), nullable, |writer, item, nullable| {
                    writer.leaf(source, item, nullable)
                })
            }
            Content::Invalid => {
                self.invalid(source);
                self.null(nullable[0])
            }
            Content::Null | Content::Object(_) => self.missing(source, nullable[0]),
        }
    }

    /// Objects or lists of them. `below` runs along the items in the order in which they were counted.
    pub(super) fn objects(
        &mut self,
        source: Source<'w>,
        stages: &'w Stages,
        below: &mut Below<'_>,
        content: Content<'_>,
        nullable: &[bool],
    ) -> Result<(), Carried> {
        match content {
            Content::Object(view) => match self.item(source, stages, below.next(), view) {
                Written::Whole => Ok(()),
                Written::Gone | Written::Carried => self.null(nullable[0]),
            },
            Content::List(items) => self.object_list(source, stages, below, items, nullable),
            Content::Invalid => {
                below.next();
                self.invalid(source);
                self.null(nullable[0])
            }
            Content::Null | Content::Json(_) => {
                below.next();
                self.missing(source, nullable[0])
            }
        }
    }

    fn object_list(
        &mut self,
        source: Source<'w>,
        stages: &'w Stages,
        below: &mut Below<'_>,
        items: crate::record::Items<'_>,
        nullable: &[bool],
    ) -> Result<(), Carried> {
        let inner = nullable.get(1..).filter(|inner| !inner.is_empty()).unwrap_or(&[true]);
        let mark = self.out.len();
        if items.has_dropped() {
            self.invalid(source);
        }
        let outside = self.path.enter_list();
        self.out.push(b'[');
        let mut shown = 0;
        let mut carried = false;
        for content in items.iter() {
            let before = self.out.len();
            if shown > 0 {
                self.out.push(b',');
            }
            self.path.enter_item(shown);
            let dropped = below.is_dropped(stages);
            let written = self.objects(source, stages, below, content, inner);
            self.path.leave();
            if dropped {
                self.out.truncate(before);
                continue;
            }
            if written.is_err() {
                // `[T!]`: the item is dropped, the list stays.
                self.out.truncate(before);
                carried |= !matches!(content, Content::Object(_));
                continue;
            }
            shown += 1;
        }
        self.path.leave_list(outside);
        if carried {
            self.out.truncate(mark);
            return self.null(nullable[0]);
        }
        self.out.push(b']');
        Ok(())
    }

    /// One object with whatever was fetched for it.
    pub(super) fn item(
        &mut self,
        source: Source<'w>,
        stages: &'w Stages,
        found: Option<Fetched<'_>>,
        view: View<'_>,
    ) -> Written {
        let Some((_, stage)) = stages.of(view.layout()) else { return Written::Carried };
        if let Some(fetched) = &found
            && fetched.group.presence(fetched.index) == Presence::Gone
        {
            return Written::Gone;
        }
        let base = Base { view, connector: source.connector };
        let written = match found {
            Some(Fetched { group, index }) => self.object(stage, Some(group), index, Some(base)),
            None => self.object(stage, None, 0, Some(base)),
        };
        if written.is_ok() { Written::Whole } else { Written::Carried }
    }

    fn list<'c>(
        &mut self,
        source: Source<'w>,
        has_dropped: bool,
        items: impl Iterator<Item = Content<'c>>,
        nullable: &[bool],
        mut write: impl FnMut(&mut Self, Content<'c>, &[bool]) -> Result<(), Carried>,
    ) -> Result<(), Carried> {
        let inner = nullable.get(1..).filter(|inner| !inner.is_empty()).unwrap_or(&[true]);
        if has_dropped {
            self.invalid(source);
        }
        let mark = self.out.len();
        let outside = self.path.enter_list();
        self.out.push(b'[');
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            self.path.enter_item(index);
            let written = write(self, item, inner);
            self.path.leave();
            if written.is_err() {
                self.out.truncate(mark);
                self.path.leave_list(outside);
                return self.null(nullable[0]);
            }
        }
        self.path.leave_list(outside);
        self.out.push(b']');
        Ok(())
    }

    pub(super) fn invalid(&mut self, source: Source<'w>) {
        let (connector, department) = match source.connector {
            Some(id) => {
                let connector = self.paper.catalog.connector(id);
                (connector.id.as_str(), self.paper.catalog.department(connector.department).name.as_str())
            }
            None => ("", ""),
        };
        self.errors.invalid(&self.path, source.entry.location, connector, department, &source.entry.field);
    }

    /// A null that the source gave: an error where the contract does not allow it.
    fn missing(&mut self, source: Source<'w>, allowed: bool) -> Result<(), Carried> {
        if !allowed {
            self.invalid(source);
        }
        self.null(allowed)
    }

    pub(super) fn null(&mut self, allowed: bool) -> Result<(), Carried> {
        if !allowed {
            return Err(Carried);
        }
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    pub(super) fn text(&mut self, text: &str) {
        crate::mapping::Value::Text(text.into()).write(&mut self.out);
    }
}

/// Which field is being written and which connector gave it.
#[derive(Clone, Copy)]
pub(super) struct Source<'e> {
    pub(super) entry: &'e Entry,
    pub(super) connector: Option<ConnectorId>,
}

/// What became of an object.
pub(super) enum Written {
    Whole,
    /// It is not there.
    Gone,
    /// A null inside is carried up.
    Carried,
}

/// What was fetched for one object.
#[derive(Clone, Copy)]
pub(super) struct Fetched<'g> {
    pub(super) group: &'g Group<'g>,
    pub(super) index: usize,
}

/// Runs along the fetched items of one object's child.
pub(super) struct Below<'g> {
    child: Option<&'g ChildGroup<'g>>,
    next: usize,
}

impl<'g> Below<'g> {
    pub(super) fn of(group: Option<&'g Group<'g>>, stages: &Stages, index: usize) -> Below<'g> {
        let child = group.zip(stages.child).and_then(|(group, child)| group.children[child].as_ref());
        let next = child.and_then(|child| child.starts.get(index)).copied().unwrap_or(0);
        Below { child, next }
    }

    /// The same, `count` items further on.
    pub(super) fn skipping(mut self, count: usize) -> Below<'g> {
        self.next += count;
        self
    }

    fn peek(&self) -> Option<Fetched<'g>> {
        let child = self.child?;
        let (ty, index) = (*child.items.get(self.next)?)?;
        Some(Fetched { group: &child.groups[ty], index })
    }

    pub(super) fn next(&mut self) -> Option<Fetched<'g>> {
        let fetched = self.peek();
        self.next += 1;
        fetched
    }

    /// Whether the next item is a stub that its own system does not know.
    pub(super) fn is_dropped(&self, stages: &Stages) -> bool {
        self.peek().is_some_and(|fetched| {
            fetched.group.presence(fetched.index) == Presence::Gone
                && stages.per_type.iter().any(|stage| stage.existence.as_ref().is_some_and(|existence| existence.stub))
        })
    }
}
