//! What rooms say of their settings, with the place in the file that it is about.

use crate::catalog::Connector;
use crate::config::{Places, Problem};
use crate::sources::SetupProblem;

pub(super) fn of_source(places: &Places, problem: SetupProblem) -> Problem {
    let SetupProblem { source_name, key, message, help } = problem;
    places.problem(&format!("sources.{source_name}.{key}"), format!("[sources.{source_name}] {message}"), help)
}

/// `why` begins with the key that it is about, within backticks.
pub(super) fn of_operators(places: &Places, why: String) -> Problem {
    let key = why.split('`').nth(1).unwrap_or("admin").to_owned();
    places.problem(&key, why, None)
}

/// `why` begins with the key that it is about.
pub(super) fn of_collector(places: &Places, why: &str) -> Problem {
    let key = why.split(':').next().unwrap_or_default();
    places.problem(&format!("telemetry.otlp.{key}"), format!("[telemetry.otlp] {why}"), None)
}

pub(super) fn of_shared_tier(places: &Places, why: &str) -> Problem {
    let key = if why.contains("`shared.tls") { "cache.shared.tls" } else { "cache.redis" };
    places.problem(key, format!("[cache] redis {why}"), None)
}

pub(super) fn unknown_connector(connectors: &[Connector], places: &Places, id: &str) -> Problem {
    let near = nearest(id, connectors.iter().map(|connector| connector.id.as_str()));
    places.problem(&format!("connectors.{id}"), format!("[connectors.{id}] no connector has this id"), near)
}

/// A way to mend a name that nobody has.
pub(super) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    let near = known.min_by_key(|known| strsim::damerau_levenshtein(known, name));
    near.map(|near| format!("did you mean `{near}`?"))
}
