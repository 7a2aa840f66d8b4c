//! Held values → finished values and text.

use std::borrow::Cow;

use super::super::held::{Held, Size, View};
use super::super::value::{Object, Value, write_number, write_text};
use super::Run;

impl<'v> Run<'v, '_> {
    /// The value as it leaves the program; borrows the input's strings. None once there was too much work.
    pub fn finish(&mut self, held: Held<'v>) -> Option<Value<'v>> {
        match held {
            Held::Own(value, _) => Some(value),
            Held::Ref(value) => self.borrow(value),
            Held::List(items, _) => {
                self.work(items.len() as u64)?;
                let items: Option<Vec<_>> = items.iter().map(|item| self.finish(item.clone())).collect();
                Some(Value::List(items?))
            }
            Held::Object(entries, _) => {
                self.work(entries.len() as u64)?;
                let mut object = Object::with_capacity(entries.len());
                for (key, value) in entries.iter() {
                    object.push_new(key.clone(), self.finish(value.clone())?);
                }
                Some(Value::Object(object))
            }
        }
    }

    /// The finished value with its size.
    pub fn finish_sized(&mut self, held: Held<'v>) -> Option<(Value<'v>, Size)> {
        if let Held::Own(value, size) = held {
            return Some((value, size));
        }
        let (depth, before) = (held.depth(), self.work_left);
        let value = self.finish(held)?;
        let weight = u32::try_from(before - self.work_left).unwrap_or(u32::MAX);
        Some((value, Size { depth, weight }))
    }

    fn borrow(&mut self, value: &'v Value<'v>) -> Option<Value<'v>> {
        Some(match value {
            Value::Null => Value::Null,
            Value::Bool(flag) => Value::Bool(*flag),
            Value::Number(number) => Value::Number(number.clone()),
            Value::Text(text) => Value::Text(Cow::Borrowed(text)),
            Value::List(items) => {
                self.work(items.len() as u64)?;
                let items: Option<Vec<_>> = items.iter().map(|item| self.borrow(item)).collect();
                Value::List(items?)
            }
            Value::Object(from) => {
                self.work(from.len() as u64)?;
                let mut object = Object::with_capacity(from.len());
                for (key, value) in from.entries() {
                    object.push_new(Cow::Borrowed(key), self.borrow(value)?);
                }
                Value::Object(object)
            }
        })
    }

    /// Appends the value as compact JSON.
    pub fn write(&mut self, held: &Held<'v>, out: &mut Vec<u8>) -> Option<()> {
        match held.view() {
            View::Null => out.extend_from_slice(b"null"),
            View::Bool(flag) => out.extend_from_slice(if flag { b"true" } else { b"false" }),
            View::Number(number) => write_number(number, out),
            View::Text(text) => {
                self.work_text(text.len())?;
                write_text(text, out);
            }
            View::List(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    self.work(1)?;
                    if index > 0 {
                        out.push(b',');
                    }
                    self.write(&item, out)?;
                }
                out.push(b']');
            }
            View::Object(entries) => {
                out.push(b'{');
                for (index, (key, value)) in entries.iter().enumerate() {
                    self.work_text(key.len())?;
                    if index > 0 {
                        out.push(b',');
                    }
                    write_text(&key, out);
                    out.push(b':');
                    self.write(&value, out)?;
                }
                out.push(b'}');
            }
        }
        Some(())
    }

    /// A scalar as text: null is empty. None for arrays and objects.
    pub fn scalar_text(&mut self, held: &Held<'v>) -> Option<Cow<'v, str>> {
        match held.view() {
            View::Null => Some(Cow::Borrowed("")),
            View::Bool(flag) => Some(Cow::Borrowed(if flag { "true" } else { "false" })),
            View::Number(number) => {
                let mut out = Vec::new();
                write_number(number, &mut out);
                Some(Cow::Owned(String::from_utf8(out).unwrap_or_default()))
            }
            View::Text(_) => held.as_text(),
            View::List(_) | View::Object(_) => None,
        }
    }

    /// Deep equality; two numbers compare as doubles when `loose`, so that 1 equals 1.0.
    pub fn equal(&mut self, a: &Held<'v>, b: &Held<'v>, loose: bool) -> Option<bool> {
        self.work(1)?;
        Some(match (a.view(), b.view()) {
            (View::Null, View::Null) => true,
            (View::Bool(a), View::Bool(b)) => a == b,
            // Two whole numbers compare as such: ids of 64 bits are more than a double can tell apart.
            (View::Number(a), View::Number(b)) => {
                a == b || (loose && (a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64())
            }
            (View::Text(a), View::Text(b)) => a == b,
            (View::List(a), View::List(b)) => {
                if a.len() != b.len() {
                    return Some(false);
                }
                for (a, b) in a.iter().zip(b.iter()) {
                    if !self.equal(&a, &b, loose)? {
                        return Some(false);
                    }
                }
                true
            }
            (View::Object(a), View::Object(b)) => {
                if a.len() != b.len() {
                    return Some(false);
                }
                for (key, a) in a.iter() {
                    self.work(1 + b.len() as u64 / 16)?;
                    let Some(b) = b.get(&key) else {
                        return Some(false);
                    };
                    if !self.equal(&a, &b, loose)? {
                        return Some(false);
                    }
                }
                true
            }
            _ => false,
        })
    }
}
