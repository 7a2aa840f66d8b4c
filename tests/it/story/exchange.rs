//! One expected call of an upstream and its answer, as a story writes it.

use std::time::Duration;

use serde_json::Value as Json;

/// A call with its answer.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    pub call: Call,
    /// How often it is made.
    pub times: usize,
    pub reply: Reply,
    /// As the story writes it.
    text: String,
}

/// What is asked of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    pub source: String,
    pub method: String,
    /// Path and query, percent-decoded.
    pub target: String,
    /// In an expected call those that must be there, names in lower case; a value of `-` means absent.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// What the source answers.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub manner: Manner,
    /// How long it is held back.
    pub after: Duration,
    /// Held back until every call of the step has arrived.
    pub held: bool,
    /// Held back until a question of the step has its answer, which then is one that did not wait for this.
    pub late: bool,
    /// No other call of its source is under way when it arrives.
    pub alone: bool,
}

/// How an answer is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    #[default]
    Whole,
    /// Never.
    Hang,
    /// The connection is closed without an answer.
    Reset,
    /// The connection is closed in the middle of the body.
    Truncated,
    /// The body, a few bytes at a time, for ever.
    Drip,
    /// The body, then blanks as fast as they are read, for ever.
    Endless,
}

impl Default for Reply {
    fn default() -> Reply {
        Reply {
            status: 200,
            headers: Vec::new(),
            body: String::new(),
            manner: Manner::Whole,
            after: Duration::ZERO,
            held: false,
            late: false,
            alone: false,
        }
    }
}

impl Exchange {
    /// Exchanges separated by blank lines.
    pub fn read_all(text: &str) -> Result<Vec<Exchange>, String> {
        let paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
        paragraphs.map(Exchange::read).collect()
    }

    fn read(text: &str) -> Result<Exchange, String> {
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let mut words = first.split_whitespace();
        let (Some(source), Some(method), Some(target)) = (words.next(), words.next(), words.next()) else {
            return Err(format!("`{first}`: expected `SOURCE METHOD /path?query`"));
        };
        let times = match words.next() {
            None => 1,
            Some(times) => times
                .strip_prefix('×')
                .and_then(|times| times.parse().ok())
                .ok_or_else(|| format!("`{times}`: expected ×2 or nothing"))?,
        };
        let mut call =
            Call { source: source.into(), method: method.into(), target: decoded(target), ..Call::default() };
        let mut reply = Reply::default();
        for line in lines {
            if let Some(line) = line.strip_prefix("> ") {
                match header(line) {
                    Some(header) if call.body.is_empty() => call.headers.push(header),
                    _ => call.body.push_str(line),
                }
            } else if let Some(line) = line.strip_prefix("< ") {
                match header(line) {
                    Some(header) => reply.headers.push(header),
                    None => reply.read(line)?,
                }
            } else {
                reply.body.push_str(line);
                reply.body.push('\n');
            }
        }
        reply.body.truncate(reply.body.trim_end().len());
        Ok(Exchange { call, times, reply, text: text.to_owned() })
    }

    /// An exchange for a call that no story tells of yet.
    pub fn of(call: Call) -> Exchange {
        let mut text = format!("{} {} {}", call.source, call.method, call.target);
        if !call.body.is_empty() {
            text.push_str(&format!("\n> {}", call.body));
        }
        text.push_str("\n{}");
        Exchange { call, times: 1, reply: Reply::default(), text }
    }

    /// Whether a call that arrived is this one.
    pub fn is(&self, arrived: &Call) -> bool {
        let expected = &self.call;
        let has = |(name, value): &(String, String)| {
            let mut found = arrived.headers.iter().filter(|(known, _)| known == name).peekable();
            if value == "-" { found.peek().is_none() } else { found.any(|(_, known)| known == value) }
        };
        (&expected.source, &expected.method, &expected.target) == (&arrived.source, &arrived.method, &arrived.target)
            && same_body(&expected.body, &arrived.body)
            && expected.headers.iter().all(has)
    }

    /// As a story writes it, made so many times.
    pub fn print(&self, times: usize) -> String {
        let mut lines = self.text.lines();
        let first = lines.next().unwrap_or_default();
        let first: Vec<&str> = first.split_whitespace().take(3).collect();
        let mut out = first.join(" ");
        if times != 1 {
            out.push_str(&format!(" ×{times}"));
        }
        lines.for_each(|line| {
            out.push('\n');
            out.push_str(line);
        });
        out
    }
}

impl Reply {
    /// `200`, `503 after 20ms`, `200 held`, `200 truncated`, `hang`, `200 deep=10000`.
    fn read(&mut self, line: &str) -> Result<(), String> {
        let mut words = line.split_whitespace();
        while let Some(word) = words.next() {
            match word {
                "held" => self.held = true,
                "late" => self.late = true,
                "alone" => self.alone = true,
                "hang" => self.manner = Manner::Hang,
                "reset" => self.manner = Manner::Reset,
                "truncated" => self.manner = Manner::Truncated,
                "drip" => self.manner = Manner::Drip,
                "endless" => self.manner = Manner::Endless,
                "after" => {
                    let millis = words.next().and_then(|time| time.strip_suffix("ms")?.parse().ok());
                    self.after = Duration::from_millis(millis.ok_or("`after` lacks a time such as 20ms")?);
                }
                word => match (word.parse(), word.strip_prefix("deep=").map(str::parse::<usize>)) {
                    (Ok(status), _) => self.status = status,
                    (_, Some(Ok(depth))) => self.body = "[".repeat(depth) + &"]".repeat(depth),
                    _ => return Err(format!("`{word}` is no manner of answering")),
                },
            }
        }
        Ok(())
    }
}

/// `name: value`, unless it is a JSON body or a status line.
fn header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(": ")?;
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_name.then(|| (name.to_ascii_lowercase(), value.trim().to_owned()))
}

fn same_body(expected: &str, arrived: &str) -> bool {
    expected == arrived
        || matches!(
            (serde_json::from_str::<Json>(expected), serde_json::from_str::<Json>(arrived)),
            (Ok(expected), Ok(arrived)) if expected == arrived
        )
}

/// Percent-decoded, so that stories can be read; a blank stays `%20`, for it separates words there.
pub fn decoded(target: &str) -> String {
    percent_encoding::percent_decode_str(target).decode_utf8_lossy().replace(' ', "%20")
}
