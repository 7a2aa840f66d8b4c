//! The methods of the connect specification, in the plainest way.

use std::cmp::Ordering;

use c360::mapping::{Object, Value};
use serde_json::Number;

use super::naive::{Maybe, Naive, Scope};
use super::program::{Expr, Head};

impl Naive {
    pub fn call(&mut self, name: &str, args: &[Expr], input: Value<'static>, outside: &Scope) -> Maybe {
        let scope = &outside.with_at(input.clone());
        match name {
            "echo" => self.expr(&args[0], scope),
            "map" => {
                let items = as_list(input);
                let each = |item| self.expr(&args[0], &outside.with_at(item)).unwrap_or(Value::Null);
                Some(Value::List(items.into_iter().map(each).collect()))
            }
            "filter" => {
                let mut kept = Vec::new();
                for item in as_list(input) {
                    match self.expr(&args[0], &outside.with_at(item.clone())) {
                        Some(Value::Bool(true)) => kept.push(item),
                        Some(Value::Bool(false)) => {}
                        _ => return self.refuse(),
                    }
                }
                Some(Value::List(kept))
            }
            "find" => {
                for item in as_list(input) {
                    match self.expr(&args[0], &outside.with_at(item.clone())) {
                        Some(Value::Bool(true)) => return Some(item),
                        Some(Value::Bool(false)) => {}
                        _ => return self.refuse(),
                    }
                }
                None
            }
            "match" => self.matched(args, &input, scope),
            "first" | "last" => match &input {
                Value::List(items) => if name == "first" { items.first() } else { items.last() }.cloned(),
                Value::Text(text) => {
                    let char = if name == "first" { text.chars().next() } else { text.chars().last() };
                    char.map(|char| Value::from(char.to_string()))
                }
                _ => {
                    self.problem();
                    Some(input)
                }
            },
            "get" => {
                let at = self.expr(&args[0], scope)?;
                let found = match (&input, &at) {
                    (Value::Object(object), Value::Text(key)) => object.get(key).cloned(),
                    (Value::List(items), at) => position(at, items.len()).and_then(|at| items.get(at).cloned()),
                    (Value::Text(text), at) => position(at, text.chars().count())
                        .and_then(|at| text.chars().nth(at))
                        .map(|char| Value::from(char.to_string())),
                    _ => None,
                };
                found.or_else(|| self.refuse())
            }
            "slice" => self.slice(args, &input, scope),
            "size" => match &input {
                Value::List(items) => count(items.len()),
                Value::Text(text) => count(text.chars().count()),
                Value::Object(object) => count(object.len()),
                _ => self.refuse(),
            },
            "entries" => match input {
                Value::Object(object) => Some(Value::List(object.into_iter().map(entry).collect())),
                _ => self.refuse(),
            },
            "joinNotNull" => self.join(args, input, scope),
            "jsonParse" => match &input {
                Value::Text(text) => match Value::read(text.as_bytes()) {
                    Ok(value) => Some(value.into_owned()),
                    Err(_) => self.refuse(),
                },
                _ => self.refuse(),
            },
            "jsonStringify" => Some(Value::from(written(&input))),
            "toString" => match scalar_text(&input) {
                Some(text) => Some(Value::from(text)),
                None => self.refuse(),
            },
            "parseInt" => self.parse_int(args, &input, scope),
            "eq" | "ne" => {
                let other = self.expr(&args[0], scope)?;
                Some(Value::from(alike(&input, &other) == (name == "eq")))
            }
            "gt" | "gte" | "lt" | "lte" => {
                let other = self.expr(&args[0], scope)?;
                let Some(order) = order(&input, &other) else { return self.refuse() };
                Some(Value::from(match name {
                    "gt" => order == Ordering::Greater,
                    "gte" => order != Ordering::Less,
                    "lt" => order == Ordering::Less,
                    _ => order != Ordering::Greater,
                }))
            }
            "in" => match self.expr(&args[0], scope)? {
                Value::List(items) => Some(Value::from(items.iter().any(|item| alike(item, &input)))),
                _ => self.refuse(),
            },
            "contains" => {
                let Value::List(items) = &input else { return self.refuse() };
                let wanted = self.expr(&args[0], scope)?;
                Some(Value::from(items.iter().any(|item| alike(item, &wanted))))
            }
            "and" | "or" => {
                let Value::Bool(mut truth) = input else { return self.refuse() };
                for arg in args {
                    if truth == (name == "or") {
                        break;
                    }
                    match self.expr(arg, scope)? {
                        Value::Bool(flag) => truth = flag,
                        _ => self.problem(),
                    }
                }
                Some(Value::from(truth))
            }
            "not" => match input {
                Value::Bool(flag) => Some(Value::from(!flag)),
                _ => self.refuse(),
            },
            "add" | "sub" | "mul" | "div" | "mod" => self.calculate(name, args, &input, scope),
            other => unreachable!("no method {other}"),
        }
    }

    /// Missing, and noted.
    fn refuse(&mut self) -> Maybe {
        self.problem();
        None
    }

    fn matched(&mut self, args: &[Expr], input: &Value<'static>, scope: &Scope) -> Maybe {
        for arg in args {
            // Of a pair that is written out only what is needed is worked out.
            if let [path] = arg.operands.as_slice()
                && let Head::List(items) = &path.head
                && path.steps.is_empty()
                && path.braces.is_none()
                && let [case, value] = items.as_slice()
            {
                // What is missing equals nothing, not even null.
                if self.expr(case, scope).is_some_and(|case| case == *input) {
                    return self.expr(value, scope);
                }
                continue;
            }
            if let Some(Value::List(pair)) = self.expr(arg, scope)
                && let [case, value] = pair.as_slice()
                && case == input
            {
                return Some(value.clone());
            }
        }
        self.refuse()
    }

    fn slice(&mut self, args: &[Expr], input: &Value<'static>, scope: &Scope) -> Maybe {
        let len = match input {
            Value::List(items) => items.len(),
            Value::Text(text) => text.chars().count(),
            _ => return self.refuse(),
        };
        let mut bounds = [0, len];
        for (bound, arg) in bounds.iter_mut().zip(args) {
            if let Some(value) = self.expr(arg, scope) {
                let Some(at) = whole(&value) else { return self.refuse() };
                *bound = usize::try_from(at.max(0)).unwrap().min(len);
            }
        }
        let range = bounds[0]..bounds[1].max(bounds[0]);
        Some(match input {
            Value::List(items) => Value::List(items[range].to_vec()),
            Value::Text(text) => Value::from(text.chars().skip(range.start).take(range.len()).collect::<String>()),
            _ => return None,
        })
    }

    fn join(&mut self, args: &[Expr], input: Value<'static>, scope: &Scope) -> Maybe {
        let Some(Value::Text(separator)) = self.expr(&args[0], scope) else { return self.refuse() };
        let mut texts = Vec::new();
        for item in as_list(input) {
            match scalar_text(&item) {
                _ if item.is_null() => {}
                Some(text) => texts.push(text),
                None => return self.refuse(),
            }
        }
        Some(Value::from(texts.join(&separator)))
    }

    fn parse_int(&mut self, args: &[Expr], input: &Value<'static>, scope: &Scope) -> Maybe {
        let base = match args.first() {
            None => 10,
            Some(arg) => whole(&self.expr(arg, scope)?).unwrap_or(0),
        };
        if !(2..=36).contains(&base) {
            return self.refuse();
        }
        let read = match input {
            Value::Text(text) => i64::from_str_radix(text.trim(), u32::try_from(base).unwrap()).ok(),
            Value::Number(number) => number.as_i64().or_else(|| {
                let float = number.as_f64()?.trunc();
                (float.abs() < 9.2e18).then_some(float as i64)
            }),
            _ => None,
        };
        read.map(Value::from).or_else(|| self.refuse())
    }

    fn calculate(&mut self, name: &str, args: &[Expr], input: &Value<'static>, scope: &Scope) -> Maybe {
        let Value::Number(first) = input else { return self.refuse() };
        let mut total = first.clone();
        for arg in args {
            let Value::Number(next) = self.expr(arg, scope)? else { return self.refuse() };
            let doubles = (total.as_f64().unwrap(), next.as_f64().unwrap());
            let made = match (int(&total), int(&next)) {
                (Some(a), Some(b)) if name != "div" => {
                    let made = match name {
                        "add" => a + b,
                        "sub" => a - b,
                        "mod" if b == 0 => return self.refuse(),
                        "mod" => a % b,
                        _ => a.checked_mul(b).unwrap_or(i128::MAX),
                    };
                    i64::try_from(made).map(Number::from).or_else(|_| u64::try_from(made).map(Number::from)).ok()
                }
                _ => Number::from_f64(match name {
                    "add" => doubles.0 + doubles.1,
                    "sub" => doubles.0 - doubles.1,
                    "mul" => doubles.0 * doubles.1,
                    "mod" => doubles.0 % doubles.1,
                    _ => doubles.0 / doubles.1,
                }),
            };
            let Some(made) = made else { return self.refuse() };
            total = made;
        }
        Some(Value::Number(total))
    }
}

fn as_list(value: Value<'static>) -> Vec<Value<'static>> {
    match value {
        Value::List(items) => items,
        other => vec![other],
    }
}

fn count(count: usize) -> Maybe {
    Some(Value::from(i64::try_from(count).unwrap()))
}

fn entry((key, value): (std::borrow::Cow<'static, str>, Value<'static>)) -> Value<'static> {
    let mut entry = Object::new();
    entry.insert("key", Value::Text(key));
    entry.insert("value", value);
    Value::Object(entry)
}

fn written(value: &Value<'_>) -> String {
    let mut out = Vec::new();
    value.write(&mut out);
    String::from_utf8(out).unwrap()
}

/// A scalar as text; null is empty.
fn scalar_text(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Text(text) => Some(text.to_string()),
        Value::Bool(_) | Value::Number(_) => Some(written(value)),
        Value::List(_) | Value::Object(_) => None,
    }
}

fn int(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

/// A whole number, however it is written, as far as doubles are exact.
fn whole(value: &Value<'_>) -> Option<i64> {
    let Value::Number(number) = value else { return None };
    number.as_i64().or_else(|| number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15).map(|f| f as i64))
}

fn position(at: &Value<'_>, len: usize) -> Option<usize> {
    let (at, len) = (whole(at)?, i64::try_from(len).unwrap());
    usize::try_from(if at < 0 { at.checked_add(len)? } else { at }).ok()
}

/// Equal, numbers by value: whole ones exactly, else as doubles.
fn alike(a: &Value<'_>, b: &Value<'_>) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (int(a), int(b)) {
            (Some(a), Some(b)) => a == b,
            _ => a.as_f64() == b.as_f64(),
        },
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| alike(a, b)))
        }
        _ => a == b,
    }
}

fn order(a: &Value<'_>, b: &Value<'_>) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (int(a), int(b)) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
        },
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        _ => None,
    }
}
