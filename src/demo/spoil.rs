//! What faults of the body make of an answer that was fine.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use serde_json::{Map, Value, json};

use super::desk::Answer;
use super::dial::Fault;

/// Between two bytes of [`Fault::Drip`].
const DRIP: Duration = Duration::from_millis(20);

impl Answer {
    /// The answer with other values in properties of these names, wherever they stand; a refusal stays as it is.
    pub(super) fn distorted(self, properties: &[(String, Value)]) -> Self {
        self.altered(|body| distort(body, properties))
    }

    /// The answer as one of pages that never end; `number` differs from page to page.
    pub(super) fn leading_on(self, number: u64) -> Self {
        self.altered(|body| lead_on(body, number))
    }

    /// Sends the answer, or what a fault of the body makes of it.
    pub(super) fn spoiled(self, fault: Fault) -> Response {
        let half = (0..=self.body.len() / 2).rev().find(|index| self.body.is_char_boundary(*index)).unwrap_or(0);
        let body = match fault {
            Fault::TruncatedJson => Body::from(self.body[..half].to_owned()),
            Fault::Empty => Body::empty(),
            Fault::CutOff => Body::from_stream(cut_off(self.body[..half].to_owned())),
            Fault::NotUtf8 => Body::from(b"{\"name\":\"\xff\xfe\"}".to_vec()),
            Fault::Deep => Body::from("[".repeat(10_000) + &"]".repeat(10_000)),
            Fault::Endless => Body::from_stream(endless()),
            Fault::WrongType => Body::from("42"),
            Fault::Drip => Body::from_stream(drip(self.body.clone())),
            Fault::Shuffled => return self.altered(|body| each_list(body, |list| list.reverse())).into_response(),
            Fault::Missing => return self.altered(|body| each_list(body, halve)).into_response(),
            Fault::DoubledNames => return self.doubled().into_response(),
            _ => return self.into_response(),
        };
        Self { status: 200, ..self }.respond(body)
    }

    /// A refusal stays as it is, and so does what is no JSON.
    fn altered(mut self, alter: impl FnOnce(&mut Value)) -> Self {
        if self.status < 300
            && let Ok(mut body) = serde_json::from_str(&self.body)
        {
            alter(&mut body);
            self.body = body.to_string();
        }
        self
    }

    /// Every member of every object stands twice: first as null, then as it is.
    fn doubled(mut self) -> Self {
        if self.status < 300
            && let Ok(body) = serde_json::from_str(&self.body)
        {
            self.body.clear();
            write_doubled(&body, &mut self.body);
        }
        self
    }
}

fn distort(value: &mut Value, properties: &[(String, Value)]) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match properties.iter().find(|(property, _)| property == name) {
                    Some((_, other)) => *member = other.clone(),
                    None => distort(member, properties),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| distort(item, properties)),
        _ => {}
    }
}

/// Says in each vendor's way that there is a further page.
fn lead_on(body: &mut Value, number: u64) {
    let Value::Object(members) = body else { return };
    let next = format!("endless-{number}");
    let mut say = |member: &str, value: Value| {
        members.insert(member.to_owned(), value);
    };
    say("nextRecordsUrl", json!(format!("/services/data/v62.0/query/{next}")));
    say("done", json!(false));
    say("has_more", json!(true));
    say("next_page", json!(next));
    say("hasMore", json!(true));
    say("offset", json!(next));
    say("paging", json!({ "next": { "after": next } }));
    // Lists by cursor say it within members that they have anyway.
    let mut say_within = |member: &str, name: &str, value: Value| {
        if let Some(Value::Object(within)) = members.get_mut(member) {
            within.insert(name.to_owned(), value);
        }
    };
    say_within("meta", "has_more", json!(true));
    say_within("links", "next", json!(format!("?page%5Bsize%5D=100&{next}")));
}

/// The lists that an answer consists of: itself, or members of it.
fn each_list(body: &mut Value, change: fn(&mut Vec<Value>)) {
    match body {
        Value::Array(items) => change(items),
        Value::Object(members) => members.values_mut().filter_map(Value::as_array_mut).for_each(change),
        _ => {}
    }
}

fn halve(list: &mut Vec<Value>) {
    let mut index = 0;
    list.retain(|_| {
        index += 1;
        index % 2 == 1
    });
}

fn write_doubled(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => write_members(members, out),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                out.push(if index == 0 { '[' } else { ',' });
                write_doubled(item, out);
            }
            out.push_str(if items.is_empty() { "[]" } else { "]" });
        }
        leaf => out.push_str(&leaf.to_string()),
    }
}

fn write_members(members: &Map<String, Value>, out: &mut String) {
    out.push('{');
    for (index, (name, member)) in members.iter().enumerate() {
        let name = json!(name);
        out.push_str(if index == 0 { "" } else { "," });
        out.push_str(&format!("{name}:null,{name}:"));
        write_doubled(member, out);
    }
    out.push('}');
}

fn cut_off(first: String) -> impl Stream<Item = io::Result<Bytes>> {
    // The pause lets the first half leave before the connection goes.
    let cut = async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        Err(io::Error::other("cut off by the dial"))
    };
    stream::iter([Ok(Bytes::from(first))]).chain(stream::once(cut))
}

fn endless() -> impl Stream<Item = Result<Bytes, Infallible>> {
    // One piece again and again, so that sending costs little beside reading.
    let chunk = Bytes::from("a".repeat(256 * 1024));
    let start = stream::iter([Ok(Bytes::from_static(b"{\"data\":\""))]);
    start.chain(stream::repeat_with(move || Ok(chunk.clone())))
}

fn drip(body: String) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let bytes = Bytes::from(body);
    stream::iter(0..bytes.len()).then(move |index| {
        let byte = bytes.slice(index..=index);
        async move {
            tokio::time::sleep(DRIP).await;
            Ok(byte)
        }
    })
}
