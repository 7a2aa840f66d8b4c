//! A request that is not executed: errors without data.

use crate::mapping::{Object, Value};
use crate::operation::{Complaint, Reason, Refusal};
use crate::record::Code;

/// The answer to a refused request: `{"errors":[…]}`, without `data`.
pub fn refuse(refusal: &Refusal) -> Vec<u8> {
    let errors = refusal.complaints.iter().map(|complaint| error(complaint, refusal.reason)).collect();
    let mut text = Vec::new();
    object([("errors", Value::List(errors))]).write(&mut text);
    text
}

/// The answer to a request that was given up while it was executed: `{"errors":[…],"data":null}`.
pub fn give_up(refusal: &Refusal) -> Vec<u8> {
    let mut text = refuse(refusal);
    text.pop();
    text.extend_from_slice(b",\"data\":null}");
    text
}

fn error(complaint: &Complaint, reason: Reason) -> Value<'_> {
    let code = [("code", Value::from(Code::BadRequest.as_str())), ("reason", reason.as_str().into())];
    let message = ("message", Value::from(complaint.message.as_str()));
    let extensions = ("extensions", object(code));
    if complaint.locations.is_empty() {
        return object([message, extensions]);
    }
    let place = |(line, column): &(u32, u32)| {
        object([("line", Value::from(i64::from(*line))), ("column", i64::from(*column).into())])
    };
    let locations = Value::List(complaint.locations.iter().map(place).collect());
    object([message, ("locations", locations), extensions])
}

fn object<'v, const N: usize>(members: [(&'static str, Value<'v>); N]) -> Value<'v> {
    Value::Object(members.into_iter().map(|(name, value)| (name.into(), value)).collect::<Object<'v>>())
}
