//! Ready-made connections to well-known systems, and how several of them become one gateway folder.
//!
//! Owns the files under `presets/`, which are built into the program, and the rules by which they are put together: whose
//! field wins where two systems give the same one, and which parts of the contract's heart are left out. Pure text work:
//! it never knows the file system, the engine, or what a mapping means; `c360 init` writes what [`compose()`] gives, and
//! `c360 check` judges it like any other folder.
//!
//! Start reading with [`compose()`]; the presets themselves stand on the [`SHELF`].

mod compose;
mod prefer;
mod sheet;
mod shelf;
mod suite;
mod trimmings;

pub use compose::{File, compose};
pub use shelf::{Department, Preset, Register, SHELF, find};
