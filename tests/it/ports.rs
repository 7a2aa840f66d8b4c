//! Ports for servers that come and go while others connect.

use std::sync::atomic::{AtomicU16, Ordering};

/// A free port below those that the system gives to connections that leave: nobody takes it while nobody listens there.
pub fn quiet_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = std::process::id() as u16 % 10_000;
    loop {
        let port = 20_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
