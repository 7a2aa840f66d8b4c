//! Mappings that pick, rename and group, and do nothing else: what they make of an answer can be told without running them.

use super::program::Program;
use super::syntax::{Call, Expr, Head, Item, Path, Selection, Step};

/// What a mapping that only picks makes of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Straight {
    /// The keys that lead to the rows from the top of the answer.
    pub lead: Vec<String>,
    /// The groups that the rows are put into, where they are.
    pub groups: Option<Groups>,
    /// What is picked of a row.
    pub row: Picked,
}

/// `->groupBy(@.by) { key: key values: values { … } }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    /// The keys that lead from a row to what it is grouped by.
    pub by: Vec<String>,
    /// The key of the result under which that stands.
    pub key: String,
    /// The key of the result under which a group's rows stand.
    pub values: String,
}

/// What is picked of an object: keys of the result, which all differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked(pub Vec<PickedField>);

/// One key of the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickedField {
    /// The key of the result.
    pub key: String,
    /// The keys that lead to its value; at least one.
    pub path: Vec<String>,
    /// Whether the last of them may be missing, or null, which then is the same.
    pub optional: bool,
    /// What is picked of the value, where that is an object or a list of them; None: the value as it stands.
    pub inner: Option<Picked>,
}

impl Program {
    /// What the mapping picks, where it does nothing else.
    pub fn straight(&self) -> Option<Straight> {
        let selection = self.selection();
        if !selection.lone {
            return Some(Straight { lead: Vec::new(), groups: None, row: picked(selection)? });
        }
        let [Item::Spread { path: Path { head: Head::Input, steps, selection: Some(selection), .. }, .. }] =
            selection.items.as_slice()
        else {
            return None;
        };
        match steps.split_last() {
            Some((Step::Call(call), lead)) => {
                let (groups, row) = grouped(call, selection)?;
                Some(Straight { lead: keys(lead)?.0, groups: Some(groups), row })
            }
            _ => Some(Straight { lead: keys(steps)?.0, groups: None, row: picked(selection)? }),
        }
    }
}

fn grouped(call: &Call, selection: &Selection) -> Option<(Groups, Picked)> {
    let [by] = call.args.as_slice() else { return None };
    if call.method.name != "groupBy" || call.binds.is_some() || !selection.plain {
        return None;
    }
    let by = match by {
        Expr { first: Path { head: Head::Current, steps, selection: None, .. }, rest, .. } if rest.is_empty() => {
            keys(steps)?.0
        }
        _ => return None,
    };
    let [Item::Field { key: first, path: one, .. }, Item::Field { key: second, path: other, .. }] =
        selection.items.as_slice()
    else {
        return None;
    };
    let is = |path: &Path, name: &str| {
        matches!(path.head, Head::Input)
            && matches!(path.steps.as_slice(), [Step::Key { name: known, optional: false, .. }] if **known == *name)
    };
    let (key, values, rows) = match (is(one, "key"), is(other, "values")) {
        (true, true) if one.selection.is_none() => (first, second, other),
        (false, false) if is(one, "values") && is(other, "key") && other.selection.is_none() => (second, first, one),
        _ => return None,
    };
    let groups = Groups { by, key: key.to_string(), values: values.to_string() };
    Some((groups, picked(rows.selection.as_deref()?)?))
}

fn picked(selection: &Selection) -> Option<Picked> {
    if !selection.plain {
        return None;
    }
    let field = |item: &Item| match item {
        Item::Field { key, path, .. } if matches!(path.head, Head::Input) => {
            let (path_keys, optional) = keys(&path.steps).filter(|(keys, _)| !keys.is_empty())?;
            let inner = match &path.selection {
                Some(selection) => Some(picked(selection)?),
                None => None,
            };
            Some(PickedField { key: key.to_string(), path: path_keys, optional, inner })
        }
        _ => None,
    };
    selection.items.iter().map(field).collect::<Option<_>>().map(Picked)
}

/// The keys of steps that are nothing else, and whether the last of them may be missing; no other may.
fn keys(steps: &[Step]) -> Option<(Vec<String>, bool)> {
    let (steps, optional) = match steps {
        [steps @ .., Step::Optional] => (steps, true),
        steps => (steps, false),
    };
    let mut names = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        match step {
            Step::Key { name, optional: missing, .. } if *missing == (optional && index + 1 == steps.len()) => {
                names.push(name.to_string());
            }
            _ => return None,
        }
    }
    Some((names, optional))
}
