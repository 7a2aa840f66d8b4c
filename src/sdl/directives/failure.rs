//! `@failure(source:, when:, keys:)` beside a source: what kind of failure an answer is, and of which keys.
//!
//! ```graphql
//! @failure(source: "crm", when: [{ class: QUOTA, if: "$status->eq(403)->and(code->eq('REQUEST_LIMIT_EXCEEDED'))" }]
//!          keys: "$.errors { key: context.ids  class: category->match(['OBJECT_NOT_FOUND', 'ABSENT'], [@, 'FATAL']) }")
//! ```
//!
//! The rules of `when` are tried in order; `if` is a mapping over the answer's body that may read `$status` and
//! `$response.headers` and holds where it yields true. Classes: `ABSENT` (the keys are not there: no failure),
//! `AUTH` (our credential was refused; it is refreshed once), `QUOTA` (a long quota is used up), `RATE` (too many
//! calls for the moment), `RETRYABLE`, `FATAL`.
//!
//! What becomes of the source: after `RETRYABLE` a call that only reads is tried once more, and it counts as a failure
//! that may open the breaker; `RATE` pauses the call's bucket for as long as `Retry-After` says, `QUOTA` until the quota
//! is reset; neither is tried again. `ABSENT`, `AUTH` and `FATAL` say that the source is well. Without a rule, 408 and 5xx
//! are `RETRYABLE` and 429 is `RATE` (`[sources.NAME.retry]`, `.breaker`, `.pause` and `.quota` in the configuration).
//!
//! `keys` is for answers to many keys that are good as a whole and tell of some that failed, such as a 207. It yields
//! rows: `key`, one key or a list of them (an object of the fields where a key has several), and `class`, one of the
//! words above (`RETRYABLE` where it is missing). A row without `key` speaks of every key that the answer does not
//! hold. A key that the answer holds is found, whatever a row says.

use crate::catalog::{FailureClass, FailureRule};
use crate::mapping::{Dialect, Program, Shape};
use crate::sdl::connectors::stable_hash;
use crate::sdl::gather::Applied;
use crate::sdl::reader::{Members, Reader, Text, items};

/// `@failure` as read.
#[derive(Debug)]
pub(crate) struct FailureDirective {
    pub source: Text,
    pub rules: Vec<FailureRule>,
    /// Rows of `{ key, class }`.
    pub keys: Option<Program>,
    /// Of all that it says.
    pub hash: u64,
}

impl FailureDirective {
    pub fn read(applied: &Applied, dialect: Dialect, reader: &mut Reader<'_, '_>) -> Option<FailureDirective> {
        let members = reader.arguments("@failure", &applied.node, &["source", "when", "keys"], &["source"]);
        let mut rules = Vec::new();
        for row in members.get("when").into_iter().flat_map(items) {
            let Some(row) = reader.object("a row of `when`", row, &["class", "if"], &["class", "if"]) else { continue };
            let class = reader.choice_of(&row, "class", &FailureClass::NAMES);
            let condition = reader.text_of(&row, "if");
            let program = condition.and_then(|condition| condition.program(reader, dialect, "INVALID_FAILURE_RULE"));
            if let (Some(class), Some(when)) = (class, program) {
                rules.push(FailureRule { class, when });
            }
        }
        if members.get("when").is_none() && members.get("keys").is_none() {
            let message = "@failure lacks `when` or `keys`: it says nothing of any answer";
            reader.problems.error("INVALID_FAILURE_RULE", members.place, message);
        }
        let keys = keys(&members, dialect, reader);
        let hash = stable_hash(["failure", applied.node.to_string().as_str(), &format!("{dialect:?}")]);
        Some(FailureDirective { source: reader.text_of(&members, "source")?, rules, keys, hash })
    }
}

/// `keys:`, whose rows have nothing but `key` and `class`.
fn keys(members: &Members<'_>, dialect: Dialect, reader: &mut Reader<'_, '_>) -> Option<Program> {
    const MEMBERS: [&str; 2] = ["key", "class"];
    let text = reader.text_of(members, "keys")?;
    let program = text.program(reader, dialect, "INVALID_FAILURE_RULE")?;
    let gives = program.gives();
    if let Some(stranger) = gives.keys().into_iter().find(|key| !MEMBERS.contains(key)) {
        let message = format!("`keys` yields `{stranger}`; its rows have `key` and `class`");
        reader.problems.error("INVALID_FAILURE_RULE", text.inside(), message).nearest(stranger, MEMBERS);
    } else if matches!(gives, Shape::Text | Shape::Int | Shape::Float | Shape::Bool) {
        let message = "`keys` must yield rows of `{ key class }`";
        reader
            .problems
            .error("INVALID_FAILURE_RULE", text.inside(), message)
            .help("for example `$.errors { key: context.ids  class: $('RETRYABLE') }`");
    }
    Some(program)
}
