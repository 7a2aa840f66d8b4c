//! A preset's suite cut to the folder: what its connectors give there, and only those that are there.

use std::collections::{BTreeMap, BTreeSet};

/// A test begins with this.
const TEST: &str = "  - name: ";

/// The suite as it fits a schema that was put together, or nothing where no connector of it is left.
///
/// `rest` is by type: the fields that the mappings say to be null because other systems' objects carry them. A line
/// `# rest of TYPE` within an expected answer becomes those nulls.
pub(super) fn fitted(suite: &str, schema: &str, rest: &BTreeMap<String, BTreeSet<String>>) -> Option<String> {
    let mut tests = suite.split_inclusive('\n').fold(Vec::<String>::new(), |mut parts, line| {
        match parts.last_mut() {
            Some(part) if !line.starts_with(TEST) => part.push_str(line),
            _ => parts.push(line.to_owned()),
        }
        parts
    });
    let head = tests.remove(0);
    tests.retain(|test| target(test).is_some_and(|id| schema.contains(&format!("id: \"{id}\""))));
    if tests.is_empty() {
        return None;
    }
    let mut out = head;
    for line in tests.iter().flat_map(|test| test.split_inclusive('\n')) {
        match line.trim_end().split_once("# rest of ") {
            Some((indent, ty)) => {
                let fields = rest.get(ty).into_iter().flatten();
                fields.for_each(|field| out.push_str(&format!("{indent}\"{field}\": null,\n")));
            }
            None => out.push_str(line),
        }
    }
    Some(out)
}

fn target(test: &str) -> Option<&str> {
    test.lines().find_map(|line| line.strip_prefix("    target: "))
}
