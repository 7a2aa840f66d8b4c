//! Texts that are kept in files of their own, as container platforms hand out secrets.

use std::fs;
use std::io::Read;
use std::path::Path;

/// Longest secret, in bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// The file's text without its last line end.
///
/// Errors: why it cannot be read, in words that hold nothing of its content.
pub(super) fn read(path: &Path) -> Result<String, String> {
    // Asked before opening: a pipe would keep us waiting for its writer.
    if !fs::metadata(path).map_err(|error| error.to_string())?.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("it is longer than {} KiB", MAX_BYTES / 1024));
    }
    let mut text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}
