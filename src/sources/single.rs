//! What an answer says of single keys: these failed, those are not there, although the call as a whole was fine.

use super::judge::Judge;
use crate::catalog::FailureClass;
use crate::mapping::{Value, Variables};
use crate::record::Reply;

/// What `@failure(keys:)` read, page by page.
#[derive(Debug, Default)]
pub(super) struct Singles {
    /// A key's value, or an object of a longer key's fields, with what became of it.
    pub keys: Vec<(Value<'static>, Reply)>,
    /// What became of every key that the answer neither holds nor names.
    pub rest: Option<Reply>,
}

impl Singles {
    /// Adds what one page says.
    pub fn note<'v>(&mut self, judge: &'v Judge<'_>, status: u16, body: &'v Value<'v>, variables: &Variables<'v>) {
        for program in judge.source.map(|source| source.failed_keys.as_slice()).unwrap_or_default() {
            match judge.run(program, body, variables).value {
                None | Some(Value::Null) => {}
                Some(Value::List(rows)) => rows.iter().for_each(|row| self.row(judge, status, row)),
                Some(row) => self.row(judge, status, &row),
            }
        }
    }

    fn row(&mut self, judge: &Judge<'_>, status: u16, row: &Value<'_>) {
        let Value::Object(members) = row else {
            judge.counters.problems.add(usize::from(!row.is_null()));
            return;
        };
        let class = members.get("class").filter(|class| !class.is_null());
        let known = class.and_then(Value::as_text).and_then(FailureClass::named);
        judge.counters.problems.add(usize::from(class.is_some() && known.is_none()));
        let failure = judge.failure_of(known.unwrap_or(FailureClass::Retryable), status);
        let reply = failure.map_or(Reply::Absent, |failure| Reply::Failed(failure.shared()));
        match members.get("key") {
            None | Some(Value::Null) => self.rest = Some(reply),
            Some(Value::List(keys)) => {
                self.keys.extend(keys.iter().map(|key| (key.clone().into_owned(), reply.clone())));
            }
            Some(key) => self.keys.push((key.clone().into_owned(), reply)),
        }
    }
}
