//! GraphQL string literals: what they say, and which byte of the file each byte of it came from.
//!
//! A mapping is written inside a string or block string of a schema file. A problem at byte 17 of the mapping
//! must be shown at its own line and column of the file, although escapes and removed indentation lie between.

/// A string literal's value and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Literal {
    pub text: String,
    /// (offset in `text`, offset in the file): from each entry to the next both count on together.
    steps: Vec<(usize, usize)>,
}

impl Literal {
    /// Reads the literal that begins at or after `start`, blanks aside. `None` where none begins there.
    pub fn read(file: &str, start: usize) -> Option<Literal> {
        let rest = file.get(start..)?;
        let quote = start + rest.find('"')?;
        if file[quote..].starts_with("\"\"\"") { block(file, quote + 3) } else { plain(file, quote + 1) }
    }

    /// The byte of the file from which byte `offset` of the text came; the end of the text leads to the closing quote.
    pub fn origin(&self, offset: usize) -> usize {
        let index = self.steps.partition_point(|(text, _)| *text <= offset);
        match self.steps.get(index.wrapping_sub(1)) {
            Some((text, origin)) => origin + (offset.min(self.text.len()) - text),
            None => 0,
        }
    }
}

struct Builder {
    text: String,
    steps: Vec<(usize, usize)>,
}

impl Builder {
    fn new() -> Builder {
        Builder { text: String::new(), steps: Vec::new() }
    }

    /// Appends text that was written as it is.
    fn copied(&mut self, text: &str, origin: usize) {
        self.steps.push((self.text.len(), origin));
        self.text.push_str(text);
    }

    /// Appends a character that was written as an escape.
    fn escaped(&mut self, text: char, origin: usize) {
        self.steps.push((self.text.len(), origin));
        self.text.push(text);
    }

    fn finish(mut self, end: usize) -> Literal {
        self.steps.push((self.text.len(), end));
        Literal { text: self.text, steps: self.steps }
    }
}

fn plain(file: &str, start: usize) -> Option<Literal> {
    let mut builder = Builder::new();
    let mut at = start;
    loop {
        let rest = file.get(at..)?;
        let stop = rest.find(['"', '\\', '\n'])?;
        if stop > 0 {
            builder.copied(&rest[..stop], at);
            at += stop;
        }
        match file.as_bytes()[at] {
            b'"' => return Some(builder.finish(at)),
            b'\\' => {
                let (character, length) = escape(&file[at + 1..])?;
                builder.escaped(character, at);
                at += 1 + length;
            }
            _ => return None,
        }
    }
}

/// The character that an escape stands for and the bytes after the backslash that it takes.
fn escape(rest: &str) -> Option<(char, usize)> {
    let first = rest.chars().next()?;
    let simple = match first {
        '"' | '\\' | '/' => first,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return unicode(rest),
        _ => return None,
    };
    Some((simple, 1))
}

fn unicode(rest: &str) -> Option<(char, usize)> {
    if let Some(braced) = rest.strip_prefix("u{") {
        let end = braced.find('}')?;
        let character = char::from_u32(u32::from_str_radix(&braced[..end], 16).ok()?)?;
        return Some((character, end + 3));
    }
    let unit = |text: &str| u16::from_str_radix(text, 16).ok();
    let high = unit(rest.get(1..5)?)?;
    if let Some(character) = char::from_u32(u32::from(high)) {
        return Some((character, 5));
    }
    // A surrogate: the pair's second half follows as an escape of its own.
    let low = unit(rest.get(5..11)?.strip_prefix("\\u")?)?;
    let character = char::decode_utf16([high, low]).next()?.ok()?;
    Some((character, 11))
}

/// A block string, by the specification's `BlockStringValue`: common indentation and blank edge lines are removed.
fn block(file: &str, start: usize) -> Option<Literal> {
    let end = block_end(file, start)?;
    let lines = lines(file, start, end);
    let blank = |line: &(usize, usize)| file[line.0..line.1].bytes().all(|byte| matches!(byte, b' ' | b'\t'));
    let indent =
        lines.iter().skip(1).filter(|line| !blank(line)).map(|line| indentation(file, line)).min().unwrap_or(0);
    let Some(first) = lines.iter().position(|line| !blank(line)) else { return Some(Builder::new().finish(start)) };
    let last = lines.iter().rposition(|line| !blank(line)).unwrap_or(first);
    let mut builder = Builder::new();
    for (index, line) in lines.iter().enumerate().take(last + 1).skip(first) {
        if index > first {
            builder.escaped('\n', lines[index - 1].1);
        }
        let cut = if index == 0 { 0 } else { indent.min(line.1 - line.0) };
        unescaped(&mut builder, file, line.0 + cut, line.1);
    }
    Some(builder.finish(lines[last].1))
}

/// Where the closing quotes of a block string stand; `\"""` does not close it.
pub(super) fn block_end(file: &str, start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        let found = at + file.get(at..)?.find("\"\"\"")?;
        if found > start && file.as_bytes()[found - 1] == b'\\' {
            at = found + 3;
        } else {
            return Some(found);
        }
    }
}

/// Start and end of each line, line ends (CRLF, LF, CR) left out.
fn lines(file: &str, start: usize, end: usize) -> Vec<(usize, usize)> {
    let bytes = file.as_bytes();
    let mut lines = Vec::new();
    let (mut from, mut at) = (start, start);
    while at < end {
        match bytes[at] {
            b'\n' | b'\r' => {
                lines.push((from, at));
                at += if bytes[at] == b'\r' && at + 1 < end && bytes[at + 1] == b'\n' { 2 } else { 1 };
                from = at;
            }
            _ => at += 1,
        }
    }
    lines.push((from, end));
    lines
}

fn indentation(file: &str, line: &(usize, usize)) -> usize {
    file[line.0..line.1].bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

fn unescaped(builder: &mut Builder, file: &str, start: usize, end: usize) {
    let mut at = start;
    while at < end {
        let stop = file[at..end].find("\\\"\"\"").map_or(end, |found| at + found);
        if stop > at {
            builder.copied(&file[at..stop], at);
        }
        if stop < end {
            builder.copied("\"\"\"", stop + 1);
        }
        at = if stop < end { stop + 4 } else { end };
    }
}
