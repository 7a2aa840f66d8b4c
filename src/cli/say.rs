//! Standard output.

use std::fmt::Display;
use std::io::Write;

/// Prints on standard output, as it is. A reader who has seen enough and left is no failure of ours.
pub(super) fn say(text: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}
