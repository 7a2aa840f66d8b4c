//! What of a mapped value the contract would not take: null at run time, and nobody would know why.

use crate::catalog::{Catalog, Connector, Layout, Node, Site, Slot, Ty, TypeKind};
use crate::mapping::{Object, Value};
use crate::record::{Content, View, build, key_of};

use super::compare::show;
use super::schema::is_batch;

/// Message and path of each value that does not fit.
pub(super) fn find(catalog: &Catalog, connector: &Connector, value: &Value<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let elements: Vec<(String, &Value<'_>)> = match value {
        Value::List(items) if is_batch(connector) => {
            items.iter().enumerate().map(|(index, item)| (format!("$[{index}]"), item)).collect()
        }
        Value::Null => Vec::new(),
        other => vec![("$".to_owned(), other)],
    };
    for (path, element) in elements {
        if is_batch(connector) && key_of(&connector.gives, &connector.needs, element).is_none() {
            let message = format!("the element has no {} by which it is matched", connector.needs.join(", "));
            found.push((message, path.clone()));
        }
        match &connector.site {
            // The selection of a field's connector yields the field itself.
            Site::Field { field, .. } => {
                let wrapped = [(field.as_str().into(), element.clone())].into_iter().collect::<Object<'_>>();
                let built = build(&connector.gives, &Value::Object(wrapped));
                let slot = &connector.gives.slots[0];
                let content = built.record.view(&connector.gives).slot(0);
                Walk { catalog, found: &mut found }.content(&content, slot, &slot.ty, Some(element), &path);
            }
            Site::Type(_) => {
                let built = build(&connector.gives, element);
                let view = built.record.view(&connector.gives);
                Walk { catalog, found: &mut found }.object(&view, &connector.gives, element, &path);
            }
        }
    }
    found
}

struct Walk<'w> {
    catalog: &'w Catalog,
    found: &'w mut Vec<(String, String)>,
}

impl Walk<'_> {
    fn object(&mut self, view: &View<'_>, layout: &Layout, value: &Value<'_>, path: &str) {
        if !matches!(value, Value::Object(_)) {
            return self.found.push((format!("expected an object, found {}", shown(value)), path.to_owned()));
        }
        for (index, slot) in layout.slots.iter().enumerate() {
            let path = format!("{path}.{}", slot.field);
            self.content(&view.slot(index), slot, &slot.ty, value.get(&slot.field), &path);
        }
    }

    fn content(&mut self, content: &Content<'_>, slot: &Slot, ty: &Ty, value: Option<&Value<'_>>, path: &str) {
        match (content, value) {
            (Content::Invalid, Some(value)) => {
                let message = format!("expected {}, found {}", self.wanted(slot, ty), shown(value));
                self.found.push((message, path.to_owned()));
            }
            (Content::Null, None | Some(Value::Null)) if !ty.nullable() => {
                self.found.push((format!("expected {}, found nothing", self.wanted(slot, ty)), path.to_owned()));
            }
            (Content::Object(view), Some(value)) => self.object(view, view.layout(), value, path),
            (Content::List(kept), Some(Value::List(items))) => {
                let of = ty.item().unwrap_or(ty);
                if kept.has_dropped() {
                    // Dropped items move the others up, so each is looked at alone.
                    for (index, item) in items.iter().enumerate() {
                        self.alone(slot, of, item, &format!("{path}[{index}]"));
                    }
                    return;
                }
                for (index, (content, item)) in kept.iter().zip(items).enumerate() {
                    self.content(&content, slot, of, Some(item), &format!("{path}[{index}]"));
                }
            }
            _ => {}
        }
    }

    /// One item of a list, held against its type as if it were a field of its own.
    fn alone(&mut self, slot: &Slot, ty: &Ty, item: &Value<'_>, path: &str) {
        let own = Slot { field: slot.field.clone(), ty: ty.clone(), node: slot.node.clone(), max: None };
        let layout = Layout { ty: slot.ty.base(), slots: vec![own] };
        let wrapped = [(slot.field.as_str().into(), item.clone())].into_iter().collect::<Object<'_>>();
        let built = build(&layout, &Value::Object(wrapped));
        let content = built.record.view(&layout).slot(0);
        self.content(&content, &layout.slots[0], ty, Some(item), path);
    }

    fn wanted(&self, slot: &Slot, ty: &Ty) -> String {
        if ty.item().is_some() {
            return "a list".to_owned();
        }
        let def = self.catalog.ty(ty.base());
        match (&slot.node, &def.kind) {
            (Node::Enum(values), _) => format!("a {} ({})", def.name, values.join(", ")),
            (Node::Abstract(known), _) => {
                let names: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
                format!("a {} whose __typename is one of {}", def.name, names.join(", "))
            }
            (_, TypeKind::Object(_)) => format!("an object ({})", def.name),
            _ => format!("a value of {}", def.name),
        }
    }
}

fn shown(value: &Value<'_>) -> String {
    format!("{} {}", value.kind(), show(&serde_json::Value::from(value)))
}
