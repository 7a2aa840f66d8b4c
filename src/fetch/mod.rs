//! Walks a plan: gathers keys, asks the cache, claims misses, calls each source once per batch, keeps the deadline.
//!
//! Owns the order of events of one request and its result, a tree of [`Group`]s beside the plan's stages.
//! Never knows: what a customer is, JSON answers, how an answer is written.
//! Start reading at [`run`], then `stage.rs`.

mod arguments;
mod children;
mod gather;
mod group;
mod keys;
mod ledger;
mod loading;
mod running;
mod stage;

pub use children::window;
pub use group::{ChildGroup, Given, Group, Held, Outcome, Presence};
pub use ledger::{Basis, Ledger};
pub use loading::{Bindings, Context, Lanes};

use tokio::time::sleep_until;

use crate::plan::Plan;

/// Fetches everything that the bound operation wants. Never fails as a whole: what could not be had is an
/// [`Outcome`] of the objects it concerns. Returns at the deadline at the latest; with nothing where there would be more
/// objects than the context allows.
pub async fn run<'r>(context: &'r Context<'r>, plan: &'r Plan, bindings: &'r Bindings) -> Option<Group<'r>> {
    let request = loading::Request::new(context, plan, bindings);
    let mut fetching = stage::run(&request, &plan.root, vec![None]);
    let group = tokio::select! {
        biased;
        group = &mut fetching => group,
        () = sleep_until(context.deadline) => {
            request.end();
            fetching.await
        }
    };
    (!request.is_over()).then_some(group)
}

#[cfg(test)]
mod tests;
