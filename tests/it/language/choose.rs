//! A list of numbers → a program, the data for it and its arguments: fewer and smaller numbers give simpler ones.

use c360::mapping::{Object, Value};

use super::program::{Expr, Head, Item, Path, Property, Selection, Step};

/// How deep programs and data nest at most.
const MAX_DEPTH: usize = 4;

/// Everything that one test needs.
#[derive(Clone, Debug)]
pub struct Test {
    pub program: Selection,
    pub input: Option<Value<'static>>,
    pub args: Option<Value<'static>>,
}

/// The methods of the connect specification but `as`, each with the least and the most arguments that are tried.
pub const METHODS: [(&str, usize, usize); 32] = [
    ("first", 0, 0),
    ("map", 1, 1),
    ("echo", 1, 1),
    ("filter", 1, 1),
    ("find", 1, 1),
    ("match", 1, 3),
    ("last", 0, 0),
    ("get", 1, 1),
    ("slice", 0, 2),
    ("size", 0, 0),
    ("entries", 0, 0),
    ("joinNotNull", 1, 1),
    ("jsonParse", 0, 0),
    ("jsonStringify", 0, 0),
    ("toString", 0, 0),
    ("parseInt", 0, 1),
    ("eq", 1, 1),
    ("ne", 1, 1),
    ("gt", 1, 1),
    ("gte", 1, 1),
    ("lt", 1, 1),
    ("lte", 1, 1),
    ("in", 1, 1),
    ("contains", 1, 1),
    ("and", 1, 2),
    ("or", 1, 2),
    ("not", 0, 0),
    ("add", 1, 2),
    ("sub", 1, 2),
    ("mul", 1, 2),
    ("div", 1, 2),
    ("mod", 1, 2),
];

pub fn test(choices: &[u16]) -> Test {
    let mut choose = Choose { choices: choices.iter(), locals: Vec::new() };
    let input = (choose.of(12) != 11).then(|| choose.json(0));
    let args = (choose.of(4) != 3).then(|| choose.json(1));
    Test { program: choose.top(), input, args }
}

struct Choose<'c> {
    choices: std::slice::Iter<'c, u16>,
    locals: Vec<&'static str>,
}

impl Choose<'_> {
    /// A number below `count`; 0 once the choices have run out.
    fn of(&mut self, count: usize) -> usize {
        self.choices.next().map_or(0, |choice| usize::from(*choice) % count)
    }

    fn json(&mut self, depth: usize) -> Value<'static> {
        const TEXTS: [&str; 12] =
            ["a", "b", "", "1", "-7", "ff", "é'x", "line\nend", "{\"a\": [1, null]}", "{", "true", " 12 "];
        let numbers = [1, 0, 2, -1, 3, i64::MAX, i64::MIN, 9_007_199_254_740_993];
        let doubles = [1.0, 2.5, -0.0, 1e300, 9_007_199_254_740_992.0, 0.1];
        let kinds = if depth < MAX_DEPTH { 12 } else { 6 };
        match self.of(kinds) {
            0 => Value::from(numbers[self.of(numbers.len())]),
            1 => Value::from(TEXTS[self.of(TEXTS.len())]),
            2 => Value::Null,
            3 => Value::from(self.of(2) == 0),
            4 => Value::from(serde_json::Value::from(doubles[self.of(doubles.len())])),
            5 => Value::from(serde_json::Value::from(u64::MAX)),
            6..=8 => {
                let mut object = Object::new();
                for _ in 0..self.of(5) {
                    let key = self.key();
                    object.insert(key, self.json(depth + 1));
                }
                Value::Object(object)
            }
            _ => Value::List((0..self.of(4)).map(|_| self.json(depth + 1)).collect()),
        }
    }

    fn key(&mut self) -> String {
        ["a", "b", "c", "key", "value", "odd key", "true"][self.of(7)].to_owned()
    }

    fn top(&mut self) -> Selection {
        if self.of(2) == 0 {
            let path = self.path(0, false);
            return Selection(vec![if names(&path) { Item::Field(None, path) } else { Item::Anonymous(path) }]);
        }
        self.selection(0)
    }

    fn selection(&mut self, depth: usize) -> Selection {
        Selection((0..=self.of(3)).map(|_| self.item(depth)).collect())
    }

    fn item(&mut self, depth: usize) -> Item {
        match self.of(if depth < MAX_DEPTH { 8 } else { 4 }) {
            0 | 1 => {
                let (key, question, braced) = (self.key(), self.of(3), depth < MAX_DEPTH && self.of(3) == 2);
                let steps = if question == 2 { vec![Step::Question] } else { Vec::new() };
                let braces = braced.then(|| self.selection(depth + 1));
                Item::Field(None, Path { head: Head::Key(key), steps, braces })
            }
            2..=4 => Item::Field(Some(self.key()), self.path(depth, false)),
            5 => Item::Group(self.key(), self.selection(depth + 1)),
            6 => Item::Spread(self.path(depth, false)),
            _ => {
                let mut path = self.path(depth + 1, false);
                path.braces = Some(self.selection(depth + 1));
                if names(&path) { Item::Field(None, path) } else { Item::Anonymous(path) }
            }
        }
    }

    /// Within expressions, words and strings at the head are literals.
    fn path(&mut self, depth: usize, in_expr: bool) -> Path {
        let bound = self.locals.len();
        let head = self.head(depth, in_expr);
        let mut steps = Vec::new();
        for _ in 0..self.of(4) {
            let step = match self.of(if depth < MAX_DEPTH { 9 } else { 4 }) {
                0 | 1 => Step::Key(self.key()),
                2 if !matches!(steps.last(), Some(Step::Question)) => Step::Question,
                2 | 3 => Step::Call("first", Vec::new()),
                4 => {
                    let value = (self.of(2) == 1).then(|| self.expr(depth + 1));
                    let name = ["$x", "$y"][self.of(2)];
                    self.locals.push(name);
                    Step::As(name, value)
                }
                _ => {
                    let (name, least, most) = METHODS[self.of(METHODS.len())];
                    let count = least + self.of(most - least + 1);
                    Step::Call(name, (0..count).map(|_| self.argument(name, depth)).collect())
                }
            };
            steps.push(step);
        }
        let braces = (depth < MAX_DEPTH && self.of(4) == 3).then(|| self.selection(depth + 1));
        self.locals.truncate(bound);
        Path { head, steps, braces }
    }

    fn argument(&mut self, method: &str, depth: usize) -> Expr {
        if method != "match" || self.of(4) == 3 {
            return self.expr(depth + 1);
        }
        let pair = vec![self.expr(depth + 1), self.expr(depth + 1)];
        Expr { operands: vec![Path { head: Head::List(pair), steps: Vec::new(), braces: None }], nullish: true }
    }

    fn head(&mut self, depth: usize, in_expr: bool) -> Head {
        if in_expr {
            match self.of(if depth < MAX_DEPTH { 9 } else { 6 }) {
                0 => return Head::At,
                1 => return Head::Key(["a", "b", "c"][self.of(3)].to_owned()),
                2..=4 => return Head::Scalar(self.scalar()),
                6 => return Head::List((0..self.of(4)).map(|_| self.expr(depth + 1)).collect()),
                7 => return Head::Object((0..self.of(4)).map(|_| self.property(depth)).collect()),
                _ => {}
            }
        }
        match self.of(if depth < MAX_DEPTH { 8 } else { 6 }) {
            0 => Head::Dollar,
            1 | 2 => Head::Key(if in_expr { "a".to_owned() } else { self.key() }),
            3 => Head::At,
            4 => match self.locals.last() {
                Some(name) => Head::Local(name),
                None => Head::Variable("$args"),
            },
            5 => Head::Variable(["$args", "$status"][self.of(2)]),
            _ => Head::Paren(Box::new(self.expr(depth + 1))),
        }
    }

    /// What can be written as a literal: numbers have no exponent there.
    fn scalar(&mut self) -> Value<'static> {
        match self.json(MAX_DEPTH) {
            Value::Number(number) if number.to_string().contains('e') => Value::Null,
            scalar => scalar,
        }
    }

    fn property(&mut self, depth: usize) -> Property {
        match self.of(3) {
            2 => Property::Short(["a", "b", "c"][self.of(3)].to_owned(), self.of(2) == 1),
            _ => Property::Named(self.key(), self.expr(depth + 1)),
        }
    }

    fn expr(&mut self, depth: usize) -> Expr {
        let count = if depth < MAX_DEPTH && self.of(4) == 3 { 2 + self.of(2) } else { 1 };
        let nullish = count == 1 || self.of(2) == 0;
        Expr { operands: (0..count).map(|_| self.path(depth, true)).collect(), nullish }
    }
}

/// Whether a path names its output without an alias.
fn names(path: &Path) -> bool {
    matches!(path.head, Head::Key(_)) && matches!(path.steps.as_slice(), [] | [Step::Question])
}
