//! Sources against small servers on loopback ports.

mod answers;
mod credentials;
mod desk;
mod faults;
mod pages;
mod queue;
mod world;
