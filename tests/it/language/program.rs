//! Programs of the mapping language as trees of our own, and as text.

use std::fmt::{self, Display, Formatter, Write};

use c360::mapping::Value;

/// The whole, or what stands in braces.
#[derive(Clone, Debug)]
pub struct Selection(pub Vec<Item>);

#[derive(Clone, Debug)]
pub enum Item {
    /// `key`, `key?`, `key { … }`, or with an alias any path.
    Field(Option<String>, Path),
    /// `key: { … }`
    Group(String, Selection),
    /// A path without a name: alone at the top, else with braces.
    Anonymous(Path),
    /// `...path`
    Spread(Path),
}

#[derive(Clone, Debug)]
pub struct Path {
    pub head: Head,
    pub steps: Vec<Step>,
    pub braces: Option<Selection>,
}

#[derive(Clone, Debug)]
pub enum Head {
    Key(String),
    Dollar,
    At,
    /// `$args`, `$status`
    Variable(&'static str),
    /// What `->as` bound.
    Local(&'static str),
    /// `$( … )`
    Paren(Box<Expr>),
    /// Within expressions: a string, number, true, false or null.
    Scalar(Value<'static>),
    List(Vec<Expr>),
    Object(Vec<Property>),
}

#[derive(Clone, Debug)]
pub enum Property {
    /// `key: value`
    Named(String, Expr),
    /// `key` or `key?`
    Short(String, bool),
}

#[derive(Clone, Debug)]
pub enum Step {
    Key(String),
    Question,
    Call(&'static str, Vec<Expr>),
    As(&'static str, Option<Expr>),
}

/// Operands joined by one kind of operator.
#[derive(Clone, Debug)]
pub struct Expr {
    pub operands: Vec<Path>,
    /// `??`, else `?!`.
    pub nullish: bool,
}

impl Display for Selection {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.iter().enumerate() {
            if index > 0 {
                out.write_char(' ')?;
            }
            match item {
                Item::Field(Some(alias), path) => write!(out, "{}: {path}", Key(alias))?,
                Item::Field(None, path) | Item::Anonymous(path) => write!(out, "{path}")?,
                Item::Group(key, fields) => write!(out, "{}: {{ {fields} }}", Key(key))?,
                Item::Spread(path) => write!(out, "...{path}")?,
            }
        }
        Ok(())
    }
}

impl Display for Path {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match &self.head {
            Head::Key(key) => write!(out, "{}", Key(key))?,
            Head::Dollar => out.write_char('$')?,
            Head::At => out.write_char('@')?,
            Head::Variable(name) | Head::Local(name) => out.write_str(name)?,
            Head::Paren(expr) => write!(out, "$({expr})")?,
            // A blank, lest a number take the point of what follows.
            Head::Scalar(Value::Text(text)) => write!(out, "{} ", Quoted(text))?,
            Head::Scalar(value) => write!(out, "{} ", serde_json::Value::from(value))?,
            Head::List(items) => write!(out, "[{}]", Separated(items))?,
            Head::Object(properties) => {
                out.write_char('{')?;
                for property in properties {
                    match property {
                        Property::Named(key, value) => write!(out, " {}: {value},", Key(key))?,
                        Property::Short(key, question) => write!(out, " {key}{},", if *question { "?" } else { "" })?,
                    }
                }
                out.write_str(" }")?;
            }
        }
        for step in &self.steps {
            match step {
                Step::Key(key) => write!(out, ".{}", Key(key))?,
                Step::Question => out.write_char('?')?,
                Step::Call(name, args) if args.is_empty() => write!(out, "->{name}")?,
                Step::Call(name, args) => write!(out, "->{name}({})", Separated(args))?,
                Step::As(name, None) => write!(out, "->as({name})")?,
                Step::As(name, Some(value)) => write!(out, "->as({name}, {value})")?,
            }
        }
        match &self.braces {
            Some(fields) => write!(out, " {{ {fields} }}"),
            None => Ok(()),
        }
    }
}

impl Display for Expr {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for (index, operand) in self.operands.iter().enumerate() {
            if index > 0 {
                out.write_str(if self.nullish { " ?? " } else { " ?! " })?;
            }
            write!(out, "{operand}")?;
        }
        Ok(())
    }
}

struct Separated<'a>(&'a [Expr]);

impl Display for Separated<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for (index, expr) in self.0.iter().enumerate() {
            if index > 0 {
                out.write_str(", ")?;
            }
            write!(out, "{expr}")?;
        }
        Ok(())
    }
}

/// A key, quoted where it is no name.
struct Key<'a>(&'a str);

impl Display for Key<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let is_name = self.0.chars().all(|char| char.is_ascii_alphabetic() || char == '_') && !self.0.is_empty();
        if is_name { out.write_str(self.0) } else { write!(out, "{}", Quoted(self.0)) }
    }
}

struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_char('\'')?;
        for char in self.0.chars() {
            match char {
                '\n' => out.write_str("\\n")?,
                '\'' | '\\' => write!(out, "\\{char}")?,
                other => out.write_char(other)?,
            }
        }
        out.write_char('\'')
    }
}
