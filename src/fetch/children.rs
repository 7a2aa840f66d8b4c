//! Counting the objects below a stage: each becomes one object of a stage of its own.

use super::group::{ChildGroup, Given, Group, Held, Outcome};
use super::loading::Request;
use crate::catalog::Layout;
use crate::listing::{PageArguments, Window, page_size};
use crate::plan::{Child, Feed, Paging, Stage, StepKind};
use crate::record::{Content, Items, Record, View};

/// The objects of one child before anything was fetched for them.
pub(super) struct Counted<'r> {
    pub(super) starts: Vec<usize>,
    pub(super) items: Vec<Option<(usize, usize)>>,
    /// Per concrete type, the objects' records.
    pub(super) bases: Vec<Vec<Option<Held<'r>>>>,
}

impl<'r> Counted<'r> {
    pub(super) fn into_group(self, groups: Vec<Group<'r>>) -> ChildGroup<'r> {
        ChildGroup { starts: self.starts, items: self.items, groups }
    }
}

/// Counts the objects of `child` over all objects of its parent stage; where there is no room for all of them, one more
/// than there is room for.
pub(super) fn count<'r>(request: &Request<'r>, stage: &'r Stage, child: &'r Child, group: &Group<'r>) -> Counted<'r> {
    let (types, objects) = (child.stages.per_type.len(), group.bases.len());
    let mut counting = Counting {
        request,
        child,
        most: request.room() + 1,
        given: None,
        counted: Counted {
            starts: Vec::with_capacity(objects),
            items: Vec::with_capacity(objects),
            bases: (0..types).map(|_| Vec::with_capacity(if types == 1 { objects } else { 0 })).collect(),
        },
    };
    for index in 0..objects {
        counting.counted.starts.push(counting.counted.items.len());
        match &stage.entries[child.entry].from {
            Feed::Base { slot } => {
                if let Some(base) = &group.bases[index] {
                    counting.given = base.given();
                    counting.content(base.record(), base.view().slot(*slot));
                }
            }
            Feed::Steps(origins) => {
                let found = origins.iter().find_map(|origin| {
                    let outcome = group.outcome(origin.step, index);
                    Some((origin, outcome.record()?, given(stage, origin.step, outcome)))
                });
                if let Some((origin, record, given)) = found {
                    counting.given = given;
                    let view = record.view(layout_of(request, stage, origin.step));
                    counting.content(record, view.slot(origin.slot));
                }
            }
            Feed::Typename | Feed::Coverage | Feed::Introspection | Feed::Nothing => {}
        }
    }
    counting.counted
}

/// The layout of the records that a step brings.
pub(super) fn layout_of<'r>(request: &Request<'r>, stage: &'r Stage, step: usize) -> &'r Layout {
    match &stage.steps[step].kind {
        StepKind::Call { connector, .. } => &request.catalog().connector(*connector).gives,
        StepKind::Keys { layout, .. } => layout,
    }
}

/// Who brought an outcome; nobody for the keys of a look-up.
fn given(stage: &Stage, step: usize, outcome: &Outcome) -> Option<Given> {
    match (&stage.steps[step].kind, outcome) {
        (StepKind::Call { connector, .. }, Outcome::Found { fresh, as_of, .. }) => {
            Some(Given { connector: *connector, fresh: *fresh, as_of: *as_of })
        }
        _ => None,
    }
}

struct Counting<'c, 'r> {
    request: &'c Request<'r>,
    child: &'r Child,
    most: usize,
    /// Who gave the record being counted.
    given: Option<Given>,
    counted: Counted<'r>,
}

impl<'r> Counting<'_, 'r> {
    fn content(&mut self, record: &Record, content: Content<'_>) {
        match (&self.child.paging, content) {
            (Some(paging), Content::List(items)) => {
                for index in self.window(paging, items).range {
                    self.item(record, items.get(index));
                }
            }
            (None, content) => self.item(record, content),
            (Some(_), _) => {}
        }
    }

    fn window(&self, paging: &Paging, items: Items<'_>) -> Window {
        window(&self.request.bindings.arguments[paging.arguments.0], paging, items)
    }

    fn item(&mut self, record: &Record, content: Content<'_>) {
        if self.counted.items.len() >= self.most {
            return;
        }
        match content {
            Content::Object(view) => self.object(record, view),
            Content::List(items) => items.iter().for_each(|item| self.item(record, item)),
            Content::Null | Content::Invalid | Content::Json(_) => self.counted.items.push(None),
        }
    }

    fn object(&mut self, record: &Record, view: View<'_>) {
        let found = self.child.stages.of(view.layout());
        let placed = found.and_then(|(ty, stage)| Some((ty, stage.base.as_ref()?)));
        let Some((ty, layout)) = placed else {
            self.counted.items.push(None);
            return;
        };
        let bases = &mut self.counted.bases[ty];
        self.counted.items.push(Some((ty, bases.len())));
        bases.push(Some(Held::new(record, layout, view.place(), self.given)));
    }
}

/// The part of a connection's list that this request shows.
pub fn window(arguments: &crate::mapping::Object<'_>, paging: &Paging, items: Items<'_>) -> Window {
    if let Some((_, max)) = &paging.by_source {
        let after_given = matches!(arguments.get("after"), Some(crate::mapping::Value::Text(_)));
        return Window::by_source(items.len(), page_size(arguments, *max), after_given);
    }
    // A bad count or cursor was refused before anything was fetched.
    let page = PageArguments::read(arguments).unwrap_or_default();
    Window::over(items.len(), items.is_cut(), &page, |id| {
        (0..items.len()).find(|&position| match items.get(position) {
            Content::Object(view) => matches!(view.field("id"), Content::Json(text) if text == id.as_bytes()),
            _ => false,
        })
    })
}
