//! One list cut into pages, as Relay describes it.
//!
//! Owns windows and cursors. Never knows where the list came from or how it is written.
//! Start reading at [`Window::over`].

mod cursor;
mod window;

pub use cursor::Cursor;
pub use window::{PageArguments, PageProblem, Window, page_size};

#[cfg(test)]
mod tests;
