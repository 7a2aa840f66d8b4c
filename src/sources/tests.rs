//! Sources against small servers on loopback ports.

mod answers;
mod credentials;
mod desk;
mod faults;
mod pace;
mod pages;
mod queue;
mod world;
