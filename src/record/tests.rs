//! Tables: layout and value in, what a reader sees out.
