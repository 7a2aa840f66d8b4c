//! JSON compared and printed as it stands: the order of keys counts, blanks do not.

/// Widest line of a printed answer.
const WIDTH: usize = 100;

/// The tokens of a JSON text, blanks left out. Nothing is judged: an answer that is no JSON is compared all the same.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let mut token = String::from(char);
        match char {
            blank if blank.is_whitespace() => continue,
            '{' | '}' | '[' | ']' | ',' | ':' => {}
            '"' => {
                while let Some(char) = chars.next() {
                    token.push(char);
                    match char {
                        '\\' => token.extend(chars.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            _ => {
                while let Some(char) = chars.next_if(|char| !char.is_whitespace() && !"{}[],:\"".contains(*char)) {
                    token.push(char);
                }
            }
        }
        tokens.push(token);
    }
    tokens
}

/// The text without blanks, with what depends on the time of day masked: `asOf` is `"(time)"` and `ageSeconds` is
/// `"(seconds)"` wherever they are not null.
pub fn compact(text: &str) -> String {
    masked(text).concat()
}

fn masked(text: &str) -> Vec<String> {
    let mut tokens = tokens(text);
    for at in 2..tokens.len() {
        let mask = match tokens[at - 2].as_str() {
            "\"asOf\"" if tokens[at].starts_with('"') => "\"(time)\"",
            "\"ageSeconds\"" if tokens[at] != "null" => "\"(seconds)\"",
            _ => continue,
        };
        if tokens[at - 1] == ":" {
            tokens[at] = mask.to_owned();
        }
    }
    tokens
}

/// The same for people: what fits into a line stays in it.
pub fn pretty(text: &str) -> String {
    let mut printer = Printer { tokens: masked(text), at: 0, out: String::new() };
    while printer.at < printer.tokens.len() {
        printer.value(0);
    }
    printer.out
}

struct Printer {
    tokens: Vec<String>,
    at: usize,
    out: String,
}

impl Printer {
    fn value(&mut self, indent: usize) {
        let end = self.end();
        let line = spaced(&self.tokens[self.at..end]);
        let column = self.out.len() - self.out.rfind('\n').map_or(0, |newline| newline + 1);
        let opens = matches!(self.tokens[self.at].as_str(), "{" | "[");
        if !opens || end - self.at <= 2 || column + line.len() < WIDTH {
            self.out.push_str(&line);
            self.at = end;
            return;
        }
        let open = self.tokens[self.at].clone();
        self.out.push_str(&open);
        self.at += 1;
        while self.at < end - 1 {
            self.newline(indent + 2);
            if open == "{" && self.tokens.get(self.at + 1).is_some_and(|token| token == ":") {
                self.out.push_str(&self.tokens[self.at]);
                self.out.push_str(": ");
                self.at += 2;
            }
            self.value(indent + 2);
            if self.at < end - 1 && self.tokens[self.at] == "," {
                self.out.push(',');
                self.at += 1;
            }
        }
        self.newline(indent);
        if self.at < end {
            self.out.push_str(&self.tokens[self.at]);
        }
        self.at = end;
    }

    /// Just behind the value that begins here.
    fn end(&self) -> usize {
        let mut depth = 0_usize;
        for (at, token) in self.tokens.iter().enumerate().skip(self.at) {
            match token.as_str() {
                "{" | "[" => depth += 1,
                "}" | "]" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return at + 1;
            }
        }
        self.tokens.len()
    }

    fn newline(&mut self, indent: usize) {
        self.out.push('\n');
        self.out.push_str(&" ".repeat(indent));
    }
}

fn spaced(tokens: &[String]) -> String {
    let mut out = String::new();
    for token in tokens {
        out.push_str(token);
        if matches!(token.as_str(), ":" | ",") {
            out.push(' ');
        }
    }
    out
}
