//! What a document asks for, counted before it is parsed: one pass over its tokens, then one over its fragments.
//! A malformed document may be miscounted: the parser refuses it afterwards, before anything is expanded.

use std::collections::HashMap;

use super::lexer::{Lexer, Lines, NoToken, Token};
use super::{Complaint, Limits, Reason, Refusal};

/// Deepest nesting whatever the settings say: later passes recurse this far.
const HARD_DEPTH: u64 = 128;

/// What one definition asks for, or what it asks for with its fragments expanded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub selections: u64,
    pub aliases: u64,
    pub root_fields: u64,
    pub depth: u64,
}

impl Count {
    fn add(&mut self, spread: &Spread<'_>, of: Count) {
        self.selections = self.selections.saturating_add(of.selections);
        self.aliases = self.aliases.saturating_add(of.aliases);
        self.depth = self.depth.max(spread.depth.saturating_add(of.depth));
        if spread.at_root {
            self.root_fields = self.root_fields.saturating_add(of.root_fields);
        }
    }
}

/// One operation or fragment of the document.
#[derive(Debug, Default)]
struct Definition<'t> {
    /// `None` for an operation.
    fragment: Option<&'t str>,
    own: Count,
    spreads: Vec<Spread<'t>>,
}

/// `...name`: how deep in its definition it stands, and whether only inline fragments are around it.
#[derive(Debug)]
struct Spread<'t> {
    target: &'t str,
    depth: u64,
    at_root: bool,
}

/// Refuses what is beyond `limits`; gives what all operations together ask for, expanded.
pub(super) fn check(text: &str, limits: &Limits) -> Result<Count, Refusal> {
    if text.len() > limits.document_bytes {
        return Err(Refusal::limit(format!("the document is longer than {} bytes", limits.document_bytes)));
    }
    expand(&Scan::new(text, limits).run()?, limits)
}

/// The pass over tokens.
struct Scan<'t, 'l> {
    text: &'t str,
    lexer: Lexer<'t>,
    /// A token read too far.
    kept: Option<Token<'t>>,
    limits: &'l Limits,
    tokens: usize,
    directives: u64,
    /// How many `(`, and `[` or `{` inside them, are open.
    inside: u64,
    /// Open selection sets; true where only inline fragments are around it.
    sets: Vec<bool>,
    /// Whether the selection read last is an inline fragment.
    inline: bool,
    current: Definition<'t>,
    done: Vec<Definition<'t>>,
}

impl<'t, 'l> Scan<'t, 'l> {
    fn new(text: &'t str, limits: &'l Limits) -> Self {
        Scan {
            text,
            lexer: Lexer::new(text),
            kept: None,
            limits,
            tokens: 0,
            directives: 0,
            inside: 0,
            sets: Vec::new(),
            inline: false,
            current: Definition::default(),
            done: Vec::new(),
        }
    }

    fn run(mut self) -> Result<Vec<Definition<'t>>, Refusal> {
        while let Some(token) = self.next()? {
            match token {
                Token::Punctuator(b'@') => self.directive()?,
                Token::Punctuator(b'(') => self.inside += 1,
                Token::Punctuator(b'[' | b'{') if self.inside > 0 => self.open_literal()?,
                Token::Punctuator(b')' | b']' | b'}') if self.inside > 0 => self.inside -= 1,
                _ if self.inside > 0 => {}
                Token::Punctuator(b'{') => self.open_set()?,
                Token::Punctuator(b'}') => self.close_set(),
                Token::Spread if !self.sets.is_empty() => self.spread()?,
                Token::Name(name) if self.sets.is_empty() => self.header(name)?,
                Token::Name(_) => self.field()?,
                _ => {}
            }
        }
        Ok(self.done)
    }

    fn next(&mut self) -> Result<Option<Token<'t>>, Refusal> {
        if let Some(kept) = self.kept.take() {
            return Ok(Some(kept));
        }
        let token = self.lexer.next().map_err(|NoToken { offset, message }| {
            let place = Lines::new(self.text).place(offset);
            Refusal::one(Reason::ParseFailed, Complaint::new(format!("syntax error: {message}")).at(place))
        })?;
        self.tokens += usize::from(token.is_some());
        if self.tokens > self.limits.tokens {
            return Err(Refusal::limit(format!("the document has more than {} tokens", self.limits.tokens)));
        }
        Ok(token)
    }

    /// Takes the next token if it is a name.
    fn name(&mut self) -> Result<Option<&'t str>, Refusal> {
        match self.next()? {
            Some(Token::Name(name)) => Ok(Some(name)),
            other => {
                self.kept = other;
                Ok(None)
            }
        }
    }

    fn directive(&mut self) -> Result<(), Refusal> {
        self.directives += 1;
        if self.directives > self.limits.directives {
            return Err(Refusal::limit(format!("the document has more than {} directives", self.limits.directives)));
        }
        self.name().map(drop)
    }

    fn open_literal(&mut self) -> Result<(), Refusal> {
        self.inside += 1;
        let limit = self.limits.literal_depth.min(HARD_DEPTH);
        // The parenthesis itself counts one.
        if self.inside - 1 > limit {
            return Err(Refusal::limit(format!("lists and objects nest deeper than {limit}")));
        }
        Ok(())
    }

    /// `query Name`, `fragment Name on Type`; other names at the top are not our business.
    fn header(&mut self, word: &'t str) -> Result<(), Refusal> {
        match word {
            "fragment" => self.current.fragment = self.name()?,
            "query" | "mutation" | "subscription" => drop(self.name()?),
            _ => {}
        }
        Ok(())
    }

    fn open_set(&mut self) -> Result<(), Refusal> {
        let at_root = self.sets.last().is_none_or(|outer| *outer && self.inline);
        self.sets.push(at_root);
        self.inline = false;
        let depth = self.depth();
        self.current.own.depth = self.current.own.depth.max(depth);
        depth_within(depth, self.limits)
    }

    fn close_set(&mut self) {
        if self.sets.pop().is_some() && self.sets.is_empty() {
            self.done.push(std::mem::take(&mut self.current));
        }
    }

    fn depth(&self) -> u64 {
        self.sets.len() as u64
    }

    fn at_root(&self) -> bool {
        self.sets.last().copied().unwrap_or_default()
    }

    fn spread(&mut self) -> Result<(), Refusal> {
        self.current.own.selections += 1;
        match self.name()? {
            Some("on") => {
                self.name()?;
                self.inline = true;
            }
            Some(target) => {
                let spread = Spread { target, depth: self.depth(), at_root: self.at_root() };
                self.current.spreads.push(spread);
                self.inline = false;
            }
            None => self.inline = true,
        }
        Ok(())
    }

    fn field(&mut self) -> Result<(), Refusal> {
        self.current.own.selections += 1;
        self.current.own.root_fields += u64::from(self.at_root());
        self.inline = false;
        match self.next()? {
            Some(Token::Punctuator(b':')) => {
                self.current.own.aliases += 1;
                self.name()?;
            }
            other => self.kept = other,
        }
        Ok(())
    }
}

fn depth_within(depth: u64, limits: &Limits) -> Result<(), Refusal> {
    let limit = limits.depth.min(HARD_DEPTH);
    if depth > limit {
        return Err(Refusal::limit(format!("selections nest deeper than {limit}")));
    }
    Ok(())
}

/// Adds fragments up, each once, those without spreads first. Linear in the document.
fn expand(definitions: &[Definition<'_>], limits: &Limits) -> Result<Count, Refusal> {
    let names: HashMap<&str, usize> = definitions
        .iter()
        .enumerate()
        .rev()
        .filter_map(|(index, definition)| Some((definition.fragment?, index)))
        .collect();
    let target = |spread: &Spread<'_>| names.get(spread.target).copied();
    let mut waiting_for = vec![0_usize; definitions.len()];
    let mut users = vec![Vec::new(); definitions.len()];
    for (index, definition) in definitions.iter().enumerate() {
        for fragment in definition.spreads.iter().filter_map(target) {
            waiting_for[index] += 1;
            users[fragment].push(index);
        }
    }
    let mut ready: Vec<usize> = (0..definitions.len()).filter(|index| waiting_for[*index] == 0).collect();
    let mut totals = vec![Count::default(); definitions.len()];
    let mut all = Count::default();
    let mut counted = 0;
    while let Some(index) = ready.pop() {
        counted += 1;
        let definition = &definitions[index];
        let mut total = definition.own;
        for spread in &definition.spreads {
            if let Some(fragment) = target(spread) {
                total.add(spread, totals[fragment]);
            }
        }
        // What stands at the root of a fragment stands at the root only of an operation that spreads it there.
        within(
            &Count { root_fields: if definition.fragment.is_some() { 0 } else { total.root_fields }, ..total },
            limits,
        )?;
        if definition.fragment.is_none() {
            all.selections = all.selections.saturating_add(total.selections);
            all.aliases = all.aliases.saturating_add(total.aliases);
            all.root_fields = all.root_fields.max(total.root_fields);
            all.depth = all.depth.max(total.depth);
        }
        totals[index] = total;
        for &user in &users[index] {
            waiting_for[user] -= 1;
            if waiting_for[user] == 0 {
                ready.push(user);
            }
        }
    }
    if counted < definitions.len() {
        return Err(Refusal::one(Reason::ValidationFailed, Complaint::new("fragments spread themselves")));
    }
    within(&all, limits)?;
    Ok(all)
}

fn within(count: &Count, limits: &Limits) -> Result<(), Refusal> {
    depth_within(count.depth, limits)?;
    let checks = [
        (count.selections, limits.selections, "selections"),
        (count.aliases, limits.aliases, "aliases"),
        (count.root_fields, limits.root_fields, "fields at the root"),
    ];
    for (asked, limit, what) in checks {
        if asked > limit {
            return Err(Refusal::limit(format!("the document has more than {limit} {what}, fragments expanded")));
        }
    }
    Ok(())
}
