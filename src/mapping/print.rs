//! The compiled tree as text again: one way of writing for each meaning, and parsing it gives the same tree.

use std::fmt::Write as _;

use super::syntax::{Chain, Expr, Head, Item, Path, Selection, Step};
use super::value::{Value, write_number};

/// A whole mapping; every field on a line of its own, braces indented by two blanks.
pub(super) fn mapping(selection: &Selection) -> String {
    let mut print = Print { out: String::new(), depth: 0 };
    print.items(&selection.items);
    print.out
}

struct Print {
    out: String,
    depth: usize,
}

impl Print {
    fn items(&mut self, items: &[Item]) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 || self.depth > 0 {
                self.out.push('\n');
                self.out.extend(std::iter::repeat_n("  ", self.depth));
            }
            self.item(item);
        }
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Field { key, path, .. } => {
                let own = matches!(
                    path.steps.as_slice(),
                    [Step::Key { name, .. }] | [Step::Key { name, .. }, Step::Optional] if name == key
                );
                if own && matches!(path.head, Head::Input) {
                    self.key(key);
                    self.steps(&path.steps[1..]);
                    return self.braces(path.selection.as_deref());
                }
                self.key(key);
                self.out.push_str(": ");
                self.path(path, false);
            }
            Item::Group { key, selection, .. } => {
                self.key(key);
                self.out.push(':');
                self.braces(Some(selection));
            }
            Item::Spread { path, explicit } => {
                if *explicit {
                    self.out.push_str("...");
                }
                // `key { … }` would be a field of that name.
                self.path(path, !explicit);
            }
        }
    }

    fn braces(&mut self, selection: Option<&Selection>) {
        let Some(selection) = selection else { return };
        self.out.push_str(" {");
        self.depth += 1;
        self.items(&selection.items);
        self.depth -= 1;
        if selection.items.is_empty() {
            self.out.push('}');
            return;
        }
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n("  ", self.depth));
        self.out.push('}');
    }

    /// `with_dollar`: a path of keys begins with `$.`, as it must where a lone key would mean something else.
    fn path(&mut self, path: &Path, with_dollar: bool) {
        let mut steps = path.steps.as_slice();
        match (&path.head, steps) {
            // In every version, a key that is alone or before another key may begin a path.
            (Head::Input, [Step::Key { name, .. }] | [Step::Key { name, .. }, Step::Key { .. }, ..])
                if !with_dollar =>
            {
                self.key(name);
                steps = &steps[1..];
            }
            (Head::Constant(Value::Number(_)), [Step::Key { .. }, ..]) => {
                self.head(&path.head);
                // `5.a` would read the point as the number's.
                self.out.push(' ');
            }
            (head, _) => self.head(head),
        }
        self.steps(steps);
        self.braces(path.selection.as_deref());
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Key { name, .. } => {
                    self.out.push('.');
                    self.key(name);
                }
                Step::Optional => self.out.push('?'),
                Step::Call(call) => {
                    self.out.push_str("->");
                    self.out.push_str(call.method.name);
                    if let Some(binding) = &call.binds {
                        _ = write!(self.out, "(${}", binding.name);
                        for arg in &call.args {
                            self.out.push_str(", ");
                            self.expr(arg);
                        }
                        self.out.push(')');
                    } else if !call.args.is_empty() {
                        self.list('(', &call.args, ')');
                    }
                }
            }
        }
    }

    fn head(&mut self, head: &Head) {
        match head {
            Head::Input => self.out.push('$'),
            Head::Current => self.out.push('@'),
            Head::Variable(variable) => self.out.push_str(variable.written()),
            Head::Env(name) => {
                self.out.push_str("$env.");
                self.key(name);
            }
            Head::Local { name, .. } => {
                self.out.push('$');
                self.out.push_str(name);
            }
            Head::Expr(expr) => {
                self.out.push_str("$(");
                self.expr(expr);
                self.out.push(')');
            }
            Head::Constant(value) => self.constant(value),
            Head::List(items) => self.list('[', items, ']'),
            Head::Object(entries) => {
                self.out.push_str("{ ");
                for (index, (key, value)) in entries.iter().enumerate() {
                    if index > 0 {
                        self.out.push_str(", ");
                    }
                    self.key(key);
                    self.out.push_str(": ");
                    self.expr(value);
                }
                self.out.push_str(" }");
            }
        }
    }

    fn list(&mut self, open: char, items: &[Expr], close: char) {
        self.out.push(open);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            self.expr(item);
        }
        self.out.push(close);
    }

    fn expr(&mut self, expr: &Expr) {
        self.operand(&expr.first);
        for path in &expr.rest {
            self.out.push_str(match expr.chain {
                Chain::Nullish => " ?? ",
                Chain::Missing => " ?! ",
            });
            self.operand(path);
        }
    }

    /// Within an expression `true` and `"a"` are literals, so a path of such a key begins with `$.`.
    fn operand(&mut self, path: &Path) {
        let literal = match path.steps.first() {
            Some(Step::Key { name, .. }) => !is_ident(name) || matches!(&**name, "true" | "false" | "null"),
            _ => false,
        };
        // A lone key may not stand in an argument before connect/v0.3.
        self.path(path, literal || path.steps.len() == 1);
    }

    fn constant(&mut self, value: &Value<'_>) {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(flag) => _ = write!(self.out, "{flag}"),
            Value::Number(number) => match number.as_f64() {
                // The language has no exponents, which JSON's numbers may be written with.
                Some(float) if number.is_f64() => {
                    let from = self.out.len();
                    _ = write!(self.out, "{float}");
                    if !self.out[from..].contains('.') {
                        self.out.push_str(".0");
                    }
                }
                _ => {
                    let mut digits = Vec::new();
                    write_number(number, &mut digits);
                    self.out.push_str(&String::from_utf8_lossy(&digits));
                }
            },
            Value::Text(text) => self.quoted(text),
            Value::List(items) => {
                self.out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.out.push_str(", ");
                    }
                    self.constant(item);
                }
                self.out.push(']');
            }
            Value::Object(object) => {
                self.out.push('{');
                for (index, (key, value)) in object.iter().enumerate() {
                    self.out.push_str(if index > 0 { ", " } else { " " });
                    self.key(key);
                    self.out.push_str(": ");
                    self.constant(value);
                }
                self.out.push_str(if object.is_empty() { "}" } else { " }" });
            }
        }
    }

    fn key(&mut self, key: &str) {
        if is_ident(key) { self.out.push_str(key) } else { self.quoted(key) }
    }

    fn quoted(&mut self, text: &str) {
        self.out.push('"');
        for char in text.chars() {
            match char {
                '"' | '\\' => self.out.extend(['\\', char]),
                '\n' => self.out.push_str("\\n"),
                _ => self.out.push(char),
            }
        }
        self.out.push('"');
    }
}

fn is_ident(key: &str) -> bool {
    let mut bytes = key.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
