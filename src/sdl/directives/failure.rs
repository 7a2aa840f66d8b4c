//! `@failure(source:, when:)` beside a source: what kind of failure an answer is.
//!
//! ```graphql
//! @failure(source: "crm", when: [{ class: QUOTA, if: "$status->eq(403)->and(code->eq('REQUEST_LIMIT_EXCEEDED'))" }])
//! ```
//!
//! The rules are tried in order; `if` is a mapping over the answer's body that may read `$status` and
//! `$response.headers` and holds where it yields true. Classes: `ABSENT` (the keys are not there: no failure),
//! `AUTH` (our credential was refused; it is refreshed once), `QUOTA` (a long quota is used up), `RATE` (too many
//! calls for the moment), `RETRYABLE`, `FATAL`.

use crate::catalog::{FailureClass, FailureRule};
use crate::mapping::Dialect;
use crate::sdl::gather::Applied;
use crate::sdl::reader::{Reader, Text, items};

/// `@failure` as read.
#[derive(Debug)]
pub(crate) struct FailureDirective {
    pub source: Text,
    pub rules: Vec<FailureRule>,
}

const CLASSES: &[(&str, FailureClass)] = &[
    ("ABSENT", FailureClass::Absent),
    ("AUTH", FailureClass::Auth),
    ("QUOTA", FailureClass::Quota),
    ("RATE", FailureClass::Rate),
    ("RETRYABLE", FailureClass::Retryable),
    ("FATAL", FailureClass::Fatal),
];

impl FailureDirective {
    pub fn read(applied: &Applied, dialect: Dialect, reader: &mut Reader<'_, '_>) -> Option<FailureDirective> {
        let members = reader.arguments("@failure", &applied.node, &["source", "when"], &["source", "when"]);
        let mut rules = Vec::new();
        for row in members.get("when").into_iter().flat_map(items) {
            let Some(row) = reader.object("a row of `when`", row, &["class", "if"], &["class", "if"]) else { continue };
            let class = reader.choice_of(&row, "class", CLASSES);
            let condition = reader.text_of(&row, "if");
            let program = condition.and_then(|condition| condition.program(reader, dialect, "INVALID_FAILURE_RULE"));
            if let (Some(class), Some(when)) = (class, program) {
                rules.push(FailureRule { class, when });
            }
        }
        Some(FailureDirective { source: reader.text_of(&members, "source")?, rules })
    }
}
