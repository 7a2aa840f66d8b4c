//! How many connections each address has.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Connections by address, those that are open.
#[derive(Clone, Debug, Default)]
pub(super) struct Peers(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection's place, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    peers: Peers,
    peer: IpAddr,
}

impl Peers {
    /// A place for one more connection of this address; nothing where it has `most` already. Zero: no bound.
    pub(super) fn place(&self, peer: IpAddr, most: usize) -> Option<Place> {
        let peer = neighbourhood(peer);
        let mut open = self.open();
        let count = open.entry(peer).or_default();
        if most > 0 && *count >= most {
            return None;
        }
        *count += 1;
        drop(open);
        Some(Place { peers: self.clone(), peer })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.peers.open();
        match open.get_mut(&self.peer) {
            Some(count) if *count > 1 => *count -= 1,
            _ => _ = open.remove(&self.peer),
        }
    }
}

/// One subscriber of IPv6 has a whole /64 of addresses.
fn neighbourhood(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        other => other,
    }
}
