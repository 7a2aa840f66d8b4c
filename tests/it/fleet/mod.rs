//! Gateways as processes of their own, under load: what is killed and comes back, faults for a while.

mod burden;
mod folder;
mod forget;
mod page;
pub(crate) mod process;
mod proxy;
mod sample;
mod soak;
mod socket;
mod whole;
