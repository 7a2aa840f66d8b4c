//! `@prefer` of a field that several presets give, merged in the order in which they speak.

/// The connectors that a field's `@prefer` names.
pub(super) fn order(field: &str) -> Vec<String> {
    let Some((_, list, _)) = parts(field) else { return Vec::new() };
    list.split(',').map(|id| id.trim().trim_matches('"').to_owned()).collect()
}

/// The field with this order; one giver needs none.
pub(super) fn with_order(field: &str, order: &[String]) -> String {
    let Some((before, _, after)) = parts(field) else { return field.to_owned() };
    if order.len() < 2 {
        return format!("{before}{after}");
    }
    let ids: Vec<String> = order.iter().map(|id| format!("\"{id}\"")).collect();
    format!("{before} @prefer(order: [{}]){after}", ids.join(", "))
}

/// What stands before the directive, in its list, and after it.
fn parts(field: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = field.split_once(" @prefer(order: [")?;
    let (list, after) = rest.split_once("])")?;
    Some((before, list, after))
}
