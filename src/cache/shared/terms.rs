//! The terms of an answer as they lie in the shared tier, between the header of its value and its record.

use std::sync::Arc;
use std::time::Duration;

use crate::record::{Terms, Validator};

/// Three times in seconds, the call, two lengths.
const FIXED: usize = 3 * 4 + 8 + 2 * 2;
/// What stands for a time or a text that is not there.
const NO_TIME: u32 = u32::MAX;
const NO_TEXT: u16 = u16::MAX;

/// Appends terms; what may not be kept at all never comes here.
pub(super) fn write(out: &mut Vec<u8>, terms: &Terms) {
    for time in [terms.max_age, terms.stale_while_revalidate, terms.stale_if_error] {
        let seconds = time.map_or(NO_TIME, |time| u32::try_from(time.as_secs()).unwrap_or(NO_TIME - 1));
        out.extend_from_slice(&seconds.to_le_bytes());
    }
    let validator = terms.validator.as_deref();
    out.extend_from_slice(&validator.map_or(0, |validator| validator.call).to_le_bytes());
    let texts =
        validator.map_or([None, None], |validator| [&validator.etag, &validator.last_modified].map(Option::as_deref));
    for text in texts {
        let length = text.and_then(|text| u16::try_from(text.len()).ok()).unwrap_or(NO_TEXT);
        out.extend_from_slice(&length.to_le_bytes());
    }
    texts.into_iter().flatten().for_each(|text| out.extend_from_slice(text.as_bytes()));
}

/// Terms, and what stands behind them; `None` where they are none.
pub(super) fn read(bytes: &[u8], is_strict: bool) -> Option<(Terms, &[u8])> {
    let (fixed, mut rest) = bytes.split_at_checked(FIXED)?;
    let time = |at: usize| {
        let seconds = fixed[at..at + 4].try_into().map(u32::from_le_bytes).unwrap_or(NO_TIME);
        (seconds != NO_TIME).then(|| Duration::from_secs(seconds.into()))
    };
    let call = fixed[12..20].try_into().map(u64::from_le_bytes).ok()?;
    let mut text = |at: usize| -> Option<Option<Box<str>>> {
        let length = fixed[at..at + 2].try_into().map(u16::from_le_bytes).ok()?;
        if length == NO_TEXT {
            return Some(None);
        }
        let (text, behind) = rest.split_at_checked(length.into())?;
        rest = behind;
        Some(Some(str::from_utf8(text).ok()?.into()))
    };
    let (etag, last_modified) = (text(20)?, text(22)?);
    let validator =
        (etag.is_some() || last_modified.is_some()).then(|| Arc::new(Validator { call, etag, last_modified }));
    let terms = Terms {
        may_keep: true,
        max_age: time(0),
        stale_while_revalidate: time(4),
        stale_if_error: time(8),
        is_strict,
        validator,
        is_renewal: false,
    };
    Some((terms, rest))
}

#[cfg(test)]
mod tests;
