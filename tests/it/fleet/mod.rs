//! Gateways as processes of their own, under load and faults.

mod burden;
mod folder;
mod process;
mod soak;
