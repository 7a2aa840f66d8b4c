//! Connections: which items a page shows, and everything around them.

use apollo_compiler::executable::{Field, SelectionSet};
use serde_json::{Value as Json, json};

use super::telling::{Account, Segment};
use super::{Evaluator, Fields, sets};
use crate::differential::departments::Holding;
use crate::differential::held::Held;
use crate::differential::query::cursor;

/// What a connection shows.
pub(super) struct Page {
    pub(super) total: Option<usize>,
    pub(super) has_previous: bool,
    pub(super) has_next: bool,
    /// Place of the first item in the whole list.
    pub(super) start: usize,
    pub(super) items: Vec<Held>,
    pub(super) cursor: fn(usize, &Held) -> String,
}

impl Page {
    pub(super) fn empty() -> Page {
        Page {
            total: Some(0),
            has_previous: false,
            has_next: false,
            start: 0,
            items: Vec::new(),
            cursor: |_, _| String::new(),
        }
    }
}

impl<'e> Evaluator<'e> {
    /// The page that a connection's arguments ask for.
    pub(super) fn page(&self, field: &Field, items: &[Held], cut: bool) -> Page {
        let count = |name: &str| self.argument(field, name).as_u64().map(|count| count as usize);
        // The cursors asked with have no id: they mean a place.
        let place = |name: &str| {
            use base64::Engine as _;
            let cursor = self.argument(field, name);
            let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(cursor.as_str()?).unwrap();
            String::from_utf8(text).unwrap().trim_end_matches(':').parse::<usize>().ok()
        };
        let mut range: Vec<usize> = (0..items.len()).collect();
        range.retain(|position| place("after").is_none_or(|after| *position > after));
        range.retain(|position| place("before").is_none_or(|before| *position < before));
        if let Some(first) = count("first") {
            range.truncate(first);
        }
        if let Some(last) = count("last") {
            range.drain(..range.len().saturating_sub(last));
        }
        // An empty page stands where its first item would stand.
        let after = place("after").map_or(0, |after| after + 1).min(items.len());
        let before = place("before").unwrap_or(items.len()).min(items.len()).max(after);
        let end = count("first").map_or(before, |first| before.min(after + first));
        let start = count("last").map_or(after, |last| after.max(end.saturating_sub(last)));
        Page {
            total: (!cut).then_some(items.len()),
            has_previous: start > 0,
            has_next: end < items.len() || cut,
            start,
            items: range.into_iter().map(|position| items[position].clone()).collect(),
            cursor: |position, item| {
                let id = match item {
                    Held::Object(object) => object.get("id").cloned().unwrap_or_default(),
                    _ => Held::Null,
                };
                cursor(position, &if let Held::Leaf(json) = id { json } else { String::new() })
            },
        }
    }

    pub(super) fn connection(
        &mut self,
        fields: &Fields<'e>,
        page: &Page,
        from: &'static Holding,
        account: &mut Account,
    ) -> String {
        let ty = fields[0].ty().inner_named_type().to_string();
        let mut out = Vec::new();
        for (key, fields) in self.collect(&ty, &sets(fields)) {
            self.path.push(Segment::Key(key.clone()));
            let value = match fields[0].name.as_str() {
                "nodes" => self.nodes(&sets(&fields), page, from, account),
                "edges" => self.edges(&fields, page, from, account),
                "pageInfo" => self.page_info(&fields, page),
                "totalCount" => page.total.map_or("null".to_owned(), |total| total.to_string()),
                _ => json!(ty).to_string(),
            };
            self.path.pop();
            out.push(format!("{}:{value}", json!(key)));
        }
        format!("{{{}}}", out.join(","))
    }

    pub(super) fn nodes(
        &mut self,
        sets: &[&'e SelectionSet],
        page: &Page,
        from: &'static Holding,
        account: &mut Account,
    ) -> String {
        let outside = self.enter_list();
        let mut out = Vec::new();
        for item in &page.items {
            self.path.push(Segment::Index(out.len()));
            out.extend(self.node(item, sets, from, account));
            self.path.pop();
        }
        self.outside = outside;
        format!("[{}]", out.join(","))
    }

    pub(super) fn node(
        &mut self,
        item: &Held,
        sets: &[&'e SelectionSet],
        from: &'static Holding,
        account: &mut Account,
    ) -> Option<String> {
        let Held::Object(object) = item else { return None };
        self.object(object, Some(from), false, sets, account).ok().flatten()
    }

    /// An edge whose node is left out is left out with it.
    pub(super) fn edges(
        &mut self,
        fields: &Fields<'e>,
        page: &Page,
        from: &'static Holding,
        account: &mut Account,
    ) -> String {
        let ty = fields[0].ty().inner_named_type().to_string();
        let outside = self.enter_list();
        let mut out = Vec::new();
        for (offset, item) in page.items.iter().enumerate() {
            self.path.push(Segment::Index(out.len()));
            let mut edge = Vec::new();
            let mut whole = true;
            for (key, fields) in self.collect(&ty, &sets(fields)) {
                self.path.push(Segment::Key(key.clone()));
                let value = match fields[0].name.as_str() {
                    "node" => self.node(item, &sets(&fields), from, account).unwrap_or_else(|| {
                        whole = false;
                        String::new()
                    }),
                    "cursor" => json!((page.cursor)(page.start + offset, item)).to_string(),
                    _ => json!(ty).to_string(),
                };
                self.path.pop();
                edge.push(format!("{}:{value}", json!(key)));
            }
            self.path.pop();
            if whole {
                out.push(format!("{{{}}}", edge.join(",")));
            }
        }
        self.outside = outside;
        format!("[{}]", out.join(","))
    }

    pub(super) fn page_info(&self, fields: &Fields<'e>, page: &Page) -> String {
        let cursor = |offset: Option<usize>| match offset.and_then(|offset| Some((offset, page.items.get(offset)?))) {
            Some((offset, item)) => json!((page.cursor)(page.start + offset, item)),
            None => Json::Null,
        };
        let members = self.collect("PageInfo", &sets(fields)).into_iter().map(|(key, fields)| {
            let value = match fields[0].name.as_str() {
                "hasNextPage" => json!(page.has_next),
                "hasPreviousPage" => json!(page.has_previous),
                "startCursor" => cursor(Some(0)),
                "endCursor" => cursor(page.items.len().checked_sub(1)),
                _ => json!("PageInfo"),
            };
            format!("{}:{value}", json!(key))
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }
}
