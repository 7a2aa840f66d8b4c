//! Client text → a validated, flattened [`Operation`]; its variables coerced into [`Bound`] values.
//!
//! Owns the client-visible [`Contract`], the [`Limits`] on documents (counted before anything is parsed),
//! the rules of input coercion, `@skip`/`@include`, what makes two texts one [form](Spelling), and the answer to
//! introspection.
//! Never knows: where data lives, who asks, how an answer is fetched or written.
//! Start reading at [`accept()`], then [`Operation`], then [`bind()`]; for texts that are much alike, [`spell()`].

mod accept;
mod arguments;
mod bind;
mod conditions;
mod contract;
mod default;
mod describe;
mod flatten;
mod input;
mod introspection;
mod leaf;
mod lexer;
mod limits;
mod open;
mod precheck;
mod print;
mod refusal;
mod scope;
mod spelling;
mod twins;
mod types;

pub use accept::{accept, accept_form};
pub use arguments::Arguments;
pub use bind::{Bound, bind};
pub use conditions::Conditions;
pub use contract::Contract;
pub use introspection::{Answer, Introspection, RootKey};
pub use limits::Limits;
pub use open::Literals;
pub use refusal::{Complaint, Reason, Refusal};
pub use spelling::{Spelling, spell};
pub use twins::{Places, Twins};
pub use types::{Kind, Operation, Selected, Selections, TypeRef, VariableDefinition};

#[cfg(test)]
mod tests;
