//! Values that are no objects: copied where they stand as they would be written, else read and written.

use super::super::scalar::write_scalar;
use super::form::Way;
use super::rows::{Rows, Spot};
use crate::catalog::Scalar;
use crate::mapping::{Token, Value};

impl Rows<'_> {
    /// Copies a scalar that is written as it stands. False, with nothing written, where it is not.
    #[inline]
    pub(super) fn copied(&mut self, way: &Way, spot: Spot) -> bool {
        let is_so = matches!(
            (way, spot.token),
            (Way::Scalar(Scalar::Id | Scalar::Text | Scalar::Other), Token::Text)
                | (Way::Scalar(Scalar::Boolean | Scalar::Other), Token::Bool)
                | (Way::Scalar(Scalar::Float | Scalar::Other), Token::Int | Token::Long | Token::Fraction)
                | (Way::Scalar(Scalar::Int), Token::Int)
        );
        if is_so {
            self.builder.out.extend_from_slice(self.cursor.bytes(spot.start as usize, spot.end as usize));
        }
        is_so
    }

    /// Writes a value that is not null. None where it is an object or a list.
    pub(super) fn leaf(&mut self, way: &Way, spot: Spot) -> Option<()> {
        let text = self.text(spot)?;
        match (way, spot.token) {
            (_, Token::List | Token::Object) => return None,
            (way @ Way::Scalar(scalar), token) => match (scalar, token) {
                _ if self.copied(way, spot) => {}
                (Scalar::Id, Token::Int | Token::Long) => {
                    self.builder.out.push(b'"');
                    self.builder.out.extend_from_slice(text.as_bytes());
                    self.builder.out.push(b'"');
                }
                _ => {
                    let value = Value::read(text.as_bytes()).ok()?;
                    if !write_scalar(*scalar, &value, &mut self.builder.out) {
                        self.builder.refuse();
                    }
                }
            },
            (Way::Enum(names), Token::Text) => {
                let name = text.get(1..text.len() - 1)?;
                if names.iter().any(|known| known == name) {
                    self.builder.out.extend_from_slice(text.as_bytes());
                } else {
                    self.builder.refuse();
                }
            }
            // With its escapes it may be one of them.
            (Way::Enum(_), Token::Escaped) => return None,
            (Way::Enum(_), _) => self.builder.refuse(),
            (Way::Missing | Way::Object(_) | Way::List { .. }, _) => return None,
        }
        Some(())
    }
}
