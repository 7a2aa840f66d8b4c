//! Settings that hold from the start of a process to its end.

use crate::config::Settings;

/// The settings that differ from those of the start and that a running server cannot follow: keys, and tables in brackets.
pub(super) fn take_a_restart(first: &Settings, now: &Settings) -> Vec<&'static str> {
    let (server, then) = (&now.server, &first.server);
    let differs = |table: &str| now.written.get(table) != first.written.get(table);
    let changed = [
        ("http.listen", server.listen != then.listen),
        ("http.max_connections", server.max_connections != then.max_connections),
        ("http.playground", server.playground != then.playground),
        ("http.websocket.max_sockets", server.websocket.max_sockets != then.websocket.max_sockets),
        ("[admin]", differs("admin")),
        ("[cache] (answers aside)", differs("cache")),
        ("[telemetry]", differs("telemetry")),
    ];
    changed.into_iter().filter(|(_, has_changed)| *has_changed).map(|(setting, _)| setting).collect()
}
