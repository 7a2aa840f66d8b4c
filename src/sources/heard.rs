//! An answer's headers, and how mappings see them: a view that is made when somebody looks.

use std::sync::OnceLock;

use http::HeaderMap;

use crate::mapping::{Object, Value};

/// The headers of one answer.
pub(super) struct Headers<'a> {
    pub map: &'a HeaderMap,
    lists: OnceLock<Value<'static>>,
}

impl<'a> Headers<'a> {
    pub fn new(map: &'a HeaderMap) -> Headers<'a> {
        Headers { map, lists: OnceLock::new() }
    }

    /// Lower-case name → list of strings. Values that are no text are left out.
    pub fn lists(&self) -> &Value<'static> {
        self.lists.get_or_init(|| {
            let lists = self.map.keys().map(|name| {
                let values = self.map.get_all(name).iter().filter_map(|value| value.to_str().ok());
                let list = values.map(|value| Value::Text(value.to_owned().into())).collect();
                (name.as_str().to_owned().into(), Value::List(list))
            });
            Value::Object(lists.collect::<Object<'static>>())
        })
    }
}
