//! Answers that need no mapping: copied into records as they are read.

use std::collections::HashMap;
use std::sync::Arc;

use super::answer::unhurried;
use super::call::Call;
use super::client::Answer;
use super::heard::Headers;
use super::pair::Replies;
use crate::mapping::{Value, Variables, json_text};
use crate::record::{Copied, Reply};

impl Call<'_> {
    /// The replies of a good answer that was copied. None where it has to be judged, read and mapped, whatever it is.
    pub(super) fn copied(&self, answer: &Answer, headers: &Headers<'_>) -> Option<Replies> {
        let copier = self.manner().copier.as_ref()?;
        if !(200..300).contains(&answer.status) || self.is_failure(answer, headers) {
            return None;
        }
        let text = json_text(answer.content_type(), &answer.body)?;
        let Copied { records, strangers, problems } = unhurried(text.len(), || copier.copy(text, &self.keys))?;
        self.counters.strangers.add(strangers);
        self.counters.problems.add(problems);
        let mut replies = vec![Reply::Absent; self.keys.len()];
        for (place, built) in records {
            self.counters.invalid.add(built.invalid as usize);
            self.counters.missing.add(built.missing as usize);
            replies[place] = Reply::Found(built.record);
        }
        if self.chunk.seats.len() == self.keys.len() {
            return Some(Replies::InOrder(replies));
        }
        let by_key: HashMap<_, _> = self.keys.iter().cloned().zip(replies).collect();
        Some(Replies::ByKey(Arc::new(by_key)))
    }

    /// Whether a rule of the source, none of which looks at the body, takes it for a failure.
    fn is_failure(&self, answer: &Answer, headers: &Headers<'_>) -> bool {
        let rules = self.connector.source.map(|source| self.shared.catalog.source(source).failures.as_slice());
        rules.unwrap_or_default().iter().any(|rule| {
            let looks = rule.when.needs().response_headers.then(|| headers.lists());
            let variables = Variables { response_headers: looks, status: Some(answer.status), ..self.variables() };
            rule.when.run(Some(&Value::Null), &variables).value == Some(Value::Bool(true))
        })
    }
}
