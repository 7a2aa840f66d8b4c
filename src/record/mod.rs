//! What was answered: one contribution after mapping, as bytes ready to be written.
//!
//! Owns [`Record`] and its form, [`Key`], [`Reply`] (found, absent or failed), [`Failure`], and the [`Terms`] of an answer.
//! Never knows: GraphQL, HTTP, how an answer was got.
//! Start reading at [`Record`], then [`build()`], then [`View`].

mod build;
mod copy;
mod ends;
mod failure;
mod key;
mod reply;
mod scalar;
mod terms;
mod view;

pub use build::{Builder, Built, Defects, build};
pub use copy::{Copied, Copier};
pub use failure::{Blame, Code, Failure};
pub use key::{Key, component, key_of};
pub use reply::{Fresh, Reply, Settled};
pub use terms::{Terms, Validator};
pub use view::{Content, Items, Place, Record, View};

#[cfg(test)]
mod tests;
