//! Two texts of one form: where a token of the one stands in the other.

use super::lexer::{Lexer, Lines};
use super::{Complaint, Refusal};

/// A text whose operation is remembered, and another of the same form that is answered by it.
#[derive(Clone, Copy, Debug)]
pub struct Twins<'t> {
    /// Which the places in the operation are of.
    pub remembered: &'t str,
    /// Which a client knows.
    pub asked: &'t str,
}

/// Where the tokens of twins stand.
#[derive(Debug)]
pub struct Places {
    remembered: Vec<(u32, u32)>,
    asked: Vec<(u32, u32)>,
}

impl Twins<'_> {
    /// One pass over both.
    pub fn places(&self) -> Places {
        Places { remembered: places(self.remembered), asked: places(self.asked) }
    }

    /// The refusal as it would be said of the text that was asked.
    pub fn moved(&self, refusal: Refusal) -> Refusal {
        if refusal.complaints.iter().all(|complaint| complaint.locations.is_empty()) {
            return refusal;
        }
        let places = self.places();
        let moved = |complaint: Complaint| {
            let locations = complaint.locations.iter().map(|&place| places.asked(place)).collect();
            Complaint { locations, ..complaint }
        };
        Refusal { complaints: refusal.complaints.into_iter().map(moved).collect(), ..refusal }
    }
}

impl Places {
    /// Line and column, from 1, of the token that stands at `place` in the text that is remembered.
    pub fn asked(&self, place: (u32, u32)) -> (u32, u32) {
        let token = self.remembered.binary_search(&place).ok();
        token.and_then(|token| self.asked.get(token)).copied().unwrap_or(place)
    }
}

fn places(text: &str) -> Vec<(u32, u32)> {
    let (lines, mut lexer, mut places) = (Lines::new(text), Lexer::new(text), Vec::new());
    while let Ok(Some(_)) = lexer.next() {
        places.push(lines.place(lexer.written().0));
    }
    places
}
