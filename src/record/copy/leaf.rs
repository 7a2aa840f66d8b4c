//! Values that are no objects: copied where they stand as they would be written, else read and written.

use super::super::scalar::write_scalar;
use super::form::Way;
use super::rows::{Rows, Spot};
use crate::catalog::Scalar;
use crate::mapping::{Figure, Token, Value};

impl Rows<'_> {
    /// Writes a value that is not null. None where it is an object or a list.
    pub(super) fn leaf(&mut self, way: &Way, spot: Spot) -> Option<()> {
        let text = self.cursor.between(spot.start, spot.end)?;
        match (way, spot.token) {
            (_, Token::List | Token::Object) => return None,
            (Way::Scalar(scalar), token) => {
                let is_copied = match (scalar, token) {
                    (Scalar::Id | Scalar::Text | Scalar::Other, Token::Text { escaped }) => !escaped,
                    (Scalar::Boolean | Scalar::Other, Token::Bool(_)) => true,
                    (Scalar::Float | Scalar::Other, Token::Number(figure)) => is_written_so(figure),
                    (Scalar::Int, Token::Number(Figure::Whole { digits, .. })) => digits <= i32::MAX as u64,
                    _ => false,
                };
                if is_copied {
                    self.builder.out.extend_from_slice(text.as_bytes());
                } else if let (Scalar::Id, Token::Number(Figure::Whole { .. })) = (scalar, token) {
                    self.builder.out.push(b'"');
                    self.builder.out.extend_from_slice(text.as_bytes());
                    self.builder.out.push(b'"');
                } else if !write_scalar(*scalar, &Value::read(text.as_bytes()).ok()?, &mut self.builder.out) {
                    self.builder.refuse();
                }
            }
            (Way::Enum(names), Token::Text { escaped: false }) => {
                let name = text.get(1..text.len() - 1)?;
                if names.iter().any(|known| known == name) {
                    self.builder.out.extend_from_slice(text.as_bytes());
                } else {
                    self.builder.refuse();
                }
            }
            // With its escapes it may be one of them.
            (Way::Enum(_), Token::Text { escaped: true }) => return None,
            (Way::Enum(_), _) => self.builder.refuse(),
            (Way::Missing | Way::Object(_) | Way::List { .. }, _) => return None,
        }
        Some(())
    }
}

/// Whether a number is written as it stands: without a zero at the end of its fraction, and not so small that an
/// exponent would be used.
fn is_written_so(figure: Figure) -> bool {
    match figure {
        Figure::Whole { .. } => true,
        Figure::Fraction { digits, places, .. } => {
            let below = 10_u64.checked_pow(u32::try_from(places).unwrap_or(u32::MAX));
            below.is_some_and(|below| digits >= below) && (places == 1 || !digits.is_multiple_of(10))
        }
        Figure::Odd => false,
    }
}
