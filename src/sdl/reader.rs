//! Reads the arguments of directives: names checked, kinds checked, every value with its place.

use std::ops::Range;

use apollo_compiler::ast::{Directive, Value};
use apollo_compiler::{Name, Node};

use super::literal::Literal;
use super::problem::Problems;
use super::source_text::{Files, Place};
use crate::mapping::{Dialect, Program};

/// Where directives are read and what is wrong with them is noted.
#[derive(Debug)]
pub(super) struct Reader<'p, 'f> {
    pub files: &'f Files,
    pub problems: &'p mut Problems<'f>,
}

/// The arguments of a directive, or the fields of an object among them. Nulls are left out.
#[derive(Debug)]
pub(super) struct Members<'a> {
    /// How messages call it: `@connect`, `http`.
    pub what: String,
    pub place: Place,
    list: Vec<(&'a Name, &'a Node<Value>)>,
}

/// A string and where it was written.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub text: String,
    pub place: Place,
    literal: Option<Literal>,
}

impl<'a> Members<'a> {
    pub fn get(&self, name: &str) -> Option<&'a Node<Value>> {
        self.list.iter().find(|(known, _)| known.as_str() == name).map(|(_, value)| *value)
    }
}

impl Text {
    /// The place of some bytes of the text.
    pub fn at(&self, span: Range<usize>) -> Place {
        match &self.literal {
            Some(literal) => {
                let start = literal.origin(span.start);
                Place { file: self.place.file, start, end: literal.origin(span.end).max(start) }
            }
            None => self.place,
        }
    }

    /// The place of the whole text, without its quotes.
    pub fn inside(&self) -> Place {
        self.at(0..self.text.len())
    }

    /// Compiles it as a mapping; what is wrong with it is noted under `code`.
    pub fn program(&self, reader: &mut Reader<'_, '_>, dialect: Dialect, code: &'static str) -> Option<Program> {
        match Program::parse(&self.text, dialect) {
            Ok(program) => Some(program),
            Err(problems) => {
                for problem in problems {
                    let noted = reader.problems.error(code, self.at(problem.span), problem.message);
                    noted.help = problem.help;
                }
                None
            }
        }
    }
}

impl<'f> Reader<'_, 'f> {
    /// The arguments of a directive.
    pub fn arguments<'a>(
        &mut self,
        what: &str,
        node: &'a Node<Directive>,
        known: &[&str],
        required: &[&str],
    ) -> Members<'a> {
        let place = self.files.place(node.name.location());
        let list = node.arguments.iter().map(|argument| (&argument.name, &argument.value)).collect();
        self.members(what, place, list, known, required)
    }

    /// The fields of an object value.
    pub fn object<'a>(
        &mut self,
        what: &str,
        value: &'a Node<Value>,
        known: &[&str],
        required: &[&str],
    ) -> Option<Members<'a>> {
        match value.as_object() {
            Some(fields) => {
                let place = self.place(value);
                let list = fields.iter().map(|(name, value)| (name, value)).collect();
                Some(self.members(what, place, list, known, required))
            }
            None => {
                self.wrong_kind(what, value, "an object");
                None
            }
        }
    }

    fn members<'a>(
        &mut self,
        what: &str,
        place: Place,
        list: Vec<(&'a Name, &'a Node<Value>)>,
        known: &[&str],
        required: &[&str],
    ) -> Members<'a> {
        let mut kept: Vec<(&'a Name, &'a Node<Value>)> = Vec::new();
        for (name, value) in list {
            let at = self.files.place(name.location());
            if !known.contains(&name.as_str()) {
                self.problems
                    .error("GRAPHQL_ERROR", at, format!("{what} has no `{name}`"))
                    .nearest(name, known.iter().copied());
            } else if kept.iter().any(|(other, _)| *other == name) {
                self.problems.error("GRAPHQL_ERROR", at, format!("`{name}` is given twice"));
            } else if !value.is_null() {
                kept.push((name, value));
            }
        }
        for name in required {
            if !kept.iter().any(|(known, _)| known.as_str() == *name) {
                self.problems.error("GRAPHQL_ERROR", place, format!("{what} lacks `{name}`"));
            }
        }
        Members { what: what.to_owned(), place, list: kept }
    }

    pub fn text(&mut self, what: &str, value: &Node<Value>) -> Option<Text> {
        let Some(text) = value.as_str() else {
            self.wrong_kind(what, value, "a string");
            return None;
        };
        let place = self.place(value);
        // The parser has the last word on what the literal says; ours only leads back to where it was written.
        let literal = Literal::read(self.files.text(place.file), place.start).filter(|literal| literal.text == text);
        let end = literal.as_ref().map_or(place.end, |literal| literal.origin(text.len()));
        Some(Text { text: text.to_owned(), place: Place { end: end.max(place.start), ..place }, literal })
    }

    /// The text of a member, where there is one.
    pub fn text_of(&mut self, members: &Members<'_>, name: &str) -> Option<Text> {
        let value = members.get(name)?;
        self.text(&format!("`{name}` of {}", members.what), value)
    }

    /// A whole number of at least `least`.
    pub fn count_of(&mut self, members: &Members<'_>, name: &str, least: usize) -> Option<usize> {
        let value = members.get(name)?;
        match value.to_i32().and_then(|count| usize::try_from(count).ok()).filter(|count| *count >= least) {
            Some(count) => Some(count),
            None => {
                self.wrong_kind(
                    &format!("`{name}` of {}", members.what),
                    value,
                    &format!("a whole number from {least}"),
                );
                None
            }
        }
    }

    pub fn flag_of(&mut self, members: &Members<'_>, name: &str) -> Option<bool> {
        let value = members.get(name)?;
        let flag = value.to_bool();
        if flag.is_none() {
            self.wrong_kind(&format!("`{name}` of {}", members.what), value, "true or false");
        }
        flag
    }

    /// One of several enum values.
    pub fn choice_of<T: Copy>(&mut self, members: &Members<'_>, name: &str, choices: &[(&str, T)]) -> Option<T> {
        let value = members.get(name)?;
        let found = value.as_enum().and_then(|word| choices.iter().find(|(choice, _)| *choice == word.as_str()));
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(choice, _)| *choice).collect();
            self.wrong_kind(&format!("`{name}` of {}", members.what), value, &names.join(" or "));
        }
        found.map(|(_, choice)| *choice)
    }

    /// A list of texts; one text counts as a list of one.
    pub fn texts_of(&mut self, members: &Members<'_>, name: &str) -> Vec<Text> {
        let Some(value) = members.get(name) else { return Vec::new() };
        let what = format!("`{name}` of {}", members.what);
        items(value).filter_map(|item| self.text(&what, item)).collect()
    }

    pub fn place(&self, value: &Node<Value>) -> Place {
        self.files.place(value.location())
    }

    pub fn wrong_kind(&mut self, what: &str, value: &Node<Value>, expected: &str) {
        let place = self.place(value);
        self.problems.error("GRAPHQL_ERROR", place, format!("{what} must be {expected}, found {}", kind(value)));
    }
}

/// The items of a list; any other value counts as a list of one.
pub(super) fn items(value: &Node<Value>) -> impl Iterator<Item = &Node<Value>> {
    match value.as_list() {
        Some(list) => list.iter(),
        None => std::slice::from_ref(value).iter(),
    }
}

fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Enum(name) => format!("the word {name}"),
        Value::Variable(name) => format!("the variable ${name}"),
        Value::String(_) => "a string".into(),
        Value::Float(number) => format!("the number {}", number.as_str()),
        Value::Int(number) => format!("the number {}", number.as_str()),
        Value::Boolean(flag) => flag.to_string(),
        Value::List(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
    }
}
