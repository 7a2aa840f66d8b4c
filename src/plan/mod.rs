//! One client operation, compiled: steps to fetch and a shape to write.
//!
//! Owns [`Plan`], pure and remembered: the same operation over the same catalog gives the same plan.
//! Never knows: await, keys, variable values, caches.
//! Start reading at [`Stage`], then [`draw()`].

mod census;
mod connection;
mod draw;
mod explain;
mod stage;

pub use census::Census;
pub use draw::{PlanProblem, draw};
pub use stage::{
    ArgsId, Child, ConnectionEntry, ConnectionKind, ConnectionShape, EdgeEntry, EdgeKind, Entry, Existence, Feed, Form,
    Need, Origin, PageField, Paging, Plan, Stage, Stages, Step, StepKind,
};

#[cfg(test)]
mod tests;
