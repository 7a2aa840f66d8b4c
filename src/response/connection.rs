//! A list written as a Relay connection.

use super::writer::{Below, Source, Writer, Written};
use crate::catalog::ConnectorId;
use crate::fetch::{Group, window};
use crate::listing::{Cursor, Window};
use crate::plan::{ConnectionKind, ConnectionShape, EdgeEntry, EdgeKind, Entry, PageField, Stages};
use crate::record::{Content, Items};

impl<'w> Writer<'w> {
    /// `items` is `None` for an empty list.
    pub(super) fn connection(
        &mut self,
        shape: &'w ConnectionShape,
        items: Option<Items<'_>>,
        fetched: Option<(&Group<'_>, usize)>,
        entry: &'w Entry,
        connector: Option<ConnectorId>,
    ) {
        let source = Source { entry, connector };
        let arguments = &self.paper.bindings.arguments[shape.paging.arguments.0];
        let page = match items {
            Some(items) => window(arguments, &shape.paging, items),
            None => Window { range: 0..0, has_previous: false, has_next: false, total: Some(0) },
        };
        if items.is_some_and(|items| items.has_dropped()) {
            self.invalid(source);
        }
        let paper = self.paper;
        let mut separator = b'{';
        for member in shape.entries.iter().filter(|member| member.when.hold(&paper.bindings.variables)) {
            self.out.push(separator);
            separator = b',';
            self.out.extend_from_slice(member.literal.as_bytes());
            self.path.enter(&member.key);
            match &member.kind {
                ConnectionKind::Nodes(stages) => {
                    let mut below = items_below(fetched, stages);
                    self.members(&page, items, &mut below, stages, |writer, content, below, _| {
                        writer.node(source, stages, below, content) || shape.nullable_items
                    });
                }
                ConnectionKind::Edges(type_name, edges) => {
                    self.edges(shape, source, &page, items, fetched, type_name, edges)
                }
                ConnectionKind::PageInfo(fields) => self.page_info(shape, &page, items, fields),
                ConnectionKind::TotalCount => match page.total {
                    Some(total) => self.out.extend_from_slice(itoa::Buffer::new().format(total).as_bytes()),
                    None => self.out.extend_from_slice(b"null"),
                },
                ConnectionKind::Typename => self.text(&shape.type_name),
            }
            self.path.leave();
        }
        if separator == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }

    #[expect(clippy::too_many_arguments, reason = "all of them describe the one list being written")]
    fn edges(
        &mut self,
        shape: &'w ConnectionShape,
        source: Source<'w>,
        page: &Window,
        items: Option<Items<'_>>,
        fetched: Option<(&Group<'_>, usize)>,
        type_name: &str,
        edges: &'w [EdgeEntry],
    ) {
        let node_stages = edges.iter().find_map(|edge| match &edge.kind {
            EdgeKind::Node(stages) => Some(stages.as_ref()),
            _ => None,
        });
        let empty = Stages { per_type: Vec::new(), is_mixed: false, child: None };
        let stages = node_stages.unwrap_or(&empty);
        let start = page.range.start;
        self.members(page, items, &mut items_below(fetched, stages), stages, |writer, content, below, position| {
            below.next();
            let paper = writer.paper;
            let mut separator = b'{';
            let mut whole = true;
            for edge in edges.iter().filter(|edge| edge.when.hold(&paper.bindings.variables)) {
                writer.out.push(separator);
                separator = b',';
                writer.out.extend_from_slice(edge.literal.as_bytes());
                writer.path.enter(&edge.key);
                match &edge.kind {
                    EdgeKind::Node(stages) => {
                        // Several aliases of `node` each count the same items.
                        let mut own = items_below(fetched, stages).skipping(position - start);
                        whole &= writer.node(source, stages, &mut own, content);
                    }
                    EdgeKind::Cursor => writer.cursor(shape, position, content),
                    EdgeKind::Typename => writer.text(type_name),
                }
                writer.path.leave();
            }
            if separator == b'{' {
                writer.out.push(b'{');
            }
            writer.out.push(b'}');
            whole || shape.nullable_items
        });
    }

    /// The items of the page, those left out that turned out not to be there, and those for which `write` says so.
    fn members<'i>(
        &mut self,
        page: &Window,
        items: Option<Items<'i>>,
        below: &mut Below<'_>,
        stages: &Stages,
        mut write: impl FnMut(&mut Self, Content<'i>, &mut Below<'_>, usize) -> bool,
    ) {
        let outside = self.path.enter_list();
        self.out.push(b'[');
        let mut shown = 0;
        for (position, content) in page.range.clone().filter_map(|position| Some((position, items?.get(position)))) {
            if below.is_dropped(stages) {
                below.next();
                continue;
            }
            let before = self.out.len();
            if shown > 0 {
                self.out.push(b',');
            }
            self.path.enter_item(shown);
            let kept = write(self, content, below, position);
            self.path.leave();
            if kept {
                shown += 1;
            } else {
                self.out.truncate(before);
            }
        }
        self.out.push(b']');
        self.path.leave_list(outside);
    }

    /// A node, and whether it is whole: it is null where a null inside is carried up.
    fn node(&mut self, source: Source<'w>, stages: &'w Stages, below: &mut Below<'_>, content: Content<'_>) -> bool {
        let fetched = below.next();
        let whole = match content {
            Content::Object(view) => matches!(self.item(source, stages, fetched, view), Written::Whole),
            Content::Invalid => {
                self.invalid(source);
                false
            }
            _ => false,
        };
        if !whole {
            self.out.extend_from_slice(b"null");
        }
        whole
    }

    fn cursor(&mut self, shape: &'w ConnectionShape, position: usize, content: Content<'_>) {
        let field = match content {
            Content::Object(view) => view.field(&shape.cursor_field),
            _ => Content::Null,
        };
        let text = match field {
            Content::Json(text) => text,
            _ => &[],
        };
        if shape.paging.by_source.is_none() {
            let id = String::from_utf8_lossy(text).into_owned();
            self.text(&Cursor { position, id }.encode());
        } else if text.first() == Some(&b'"') {
            self.out.extend_from_slice(text);
        } else {
            self.text(&String::from_utf8_lossy(text));
        }
    }

    fn page_info(
        &mut self,
        shape: &'w ConnectionShape,
        page: &Window,
        items: Option<Items<'_>>,
        fields: &[(String, PageField, crate::operation::Conditions)],
    ) {
        let paper = self.paper;
        let mut separator = b'{';
        for (literal, field, _) in fields.iter().filter(|(_, _, when)| when.hold(&paper.bindings.variables)) {
            self.out.push(separator);
            separator = b',';
            self.out.extend_from_slice(literal.as_bytes());
            let flag = |flag: bool| if flag { b"true".as_slice() } else { b"false".as_slice() };
            match field {
                PageField::HasNext => self.out.extend_from_slice(flag(page.has_next)),
                PageField::HasPrevious => self.out.extend_from_slice(flag(page.has_previous)),
                PageField::StartCursor => self.page_cursor(shape, items, page.range.clone().next()),
                PageField::EndCursor => self.page_cursor(shape, items, page.range.clone().last()),
                PageField::Typename => self.text("PageInfo"),
            }
        }
        if separator == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }

    fn page_cursor(&mut self, shape: &'w ConnectionShape, items: Option<Items<'_>>, position: Option<usize>) {
        match items.zip(position) {
            Some((items, position)) => self.cursor(shape, position, items.get(position)),
            None => self.out.extend_from_slice(b"null"),
        }
    }
}

fn items_below<'g>(fetched: Option<(&'g Group<'g>, usize)>, stages: &Stages) -> Below<'g> {
    Below::of(fetched.map(|(group, _)| group), stages, fetched.map_or(0, |(_, index)| index))
}
