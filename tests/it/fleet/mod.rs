//! Gateways as processes of their own, under load: what is killed and comes back, faults for a while.

mod burden;
mod folder;
mod forget;
mod process;
mod proxy;
mod soak;
mod whole;
