//! The arguments that a call reads.

use super::loading::Request;
use crate::listing::page_size;
use crate::mapping::Value;
use crate::plan::StepKind;

/// What `$args` shows to the connector of a step; nothing where it reads none. Where the source cuts pages it is asked for one item more than
/// the client wants, so that it is known whether more come.
pub(super) fn of_call(request: &Request<'_>, step: &StepKind) -> Option<Value<'static>> {
    let StepKind::Call { arguments: Some(arguments), paging, .. } = step else { return None };
    let mut object = request.bindings.arguments[arguments.0].clone();
    if let Some((_, max)) = paging.as_ref().and_then(|paging| paging.by_source.as_ref()) {
        let asked = page_size(&object, *max).saturating_add(1);
        object.insert("first", Value::Number(asked.into()));
    }
    Some(Value::Object(object))
}
