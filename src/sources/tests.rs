//! Sources against small servers on loopback ports.

mod addresses;
mod answers;
mod copied;
mod credentials;
mod crowd;
mod desk;
mod faults;
mod outages;
mod pace;
mod pages;
mod queue;
mod terms;
mod tls;
mod world;
