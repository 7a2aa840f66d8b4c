//! The `Link` header (RFC 8288): which address a source calls `next`.

/// The target of the first link whose relations include `relation`, as it is written: absolute or relative.
///
/// `values` are those of all `Link` headers. What cannot be read of them is passed over.
pub(super) fn target<'h>(values: impl IntoIterator<Item = &'h str>, relation: &str) -> Option<&'h str> {
    values.into_iter().find_map(|value| {
        let mut rest = value;
        while let Some(open) = rest.find('<') {
            let close = open + rest[open..].find('>')?;
            let (is_wanted, behind) = parameters(&rest[close + 1..], relation);
            if is_wanted {
                return Some(rest[open + 1..close].trim());
            }
            rest = behind;
        }
        None
    })
}

/// Whether the parameters that begin here say the relation, and what follows the link's comma.
fn parameters<'h>(text: &'h str, relation: &str) -> (bool, &'h str) {
    let (mut is_wanted, mut has_relation, mut rest) = (false, false, text);
    loop {
        rest = rest.trim_start();
        let Some(parameter) = rest.strip_prefix(';') else {
            return (is_wanted, rest.strip_prefix(',').unwrap_or(rest));
        };
        let end = parameter.find(['=', ';', ',']).unwrap_or(parameter.len());
        let name = parameter[..end].trim();
        rest = &parameter[end..];
        let Some(value) = rest.strip_prefix('=') else { continue };
        let (value, behind) = parameter_value(value.trim_start());
        rest = behind;
        // Of several `rel` parameters only the first counts.
        if name.eq_ignore_ascii_case("rel") && !has_relation {
            has_relation = true;
            is_wanted = value.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(relation));
        }
    }
}

/// A word, or what stands between quotes; relations hold no escapes. Then what follows.
fn parameter_value(text: &str) -> (&str, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        return (text[..end].trim(), &text[end..]);
    };
    let mut escaped = false;
    let end = quoted.bytes().position(|byte| {
        let is_end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        is_end
    });
    match end {
        Some(end) => (&quoted[..end], &quoted[end + 1..]),
        None => (quoted, ""),
    }
}
