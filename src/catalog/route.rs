//! Chains of needs: which connectors lead to a field, given what is at hand.

use std::collections::{BTreeMap, BTreeSet};

use super::{Catalog, ConnectorId, TypeId};

/// For one entity type and one set of fields at hand: how every other field is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routes {
    /// The type these routes are for.
    pub ty: TypeId,
    /// The fields known before any call.
    pub at_hand: BTreeSet<String>,
    routes: BTreeMap<ConnectorId, Route>,
}

/// How one connector becomes callable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The connector itself and every connector it waits for.
    pub calls: BTreeSet<ConnectorId>,
    /// For each of the connector's needs that is not at hand, the connector that gives it.
    pub waits_for: BTreeMap<String, ConnectorId>,
}

/// Why a connector cannot be called from what is at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// The connector.
    pub connector: ConnectorId,
    /// The needs that nobody reachable gives.
    pub missing: Vec<String>,
}

impl Routes {
    /// Finds the shortest chain to every connector of `ty`: fewest calls, then declaration order.
    pub fn find(catalog: &Catalog, ty: TypeId, at_hand: impl IntoIterator<Item = String>) -> Routes {
        let at_hand: BTreeSet<String> = at_hand.into_iter().collect();
        let mut routes = Routes { ty, at_hand, routes: BTreeMap::new() };
        let candidates = candidates(catalog, ty);
        // Each round settles at least one more connector or shortens a chain; costs only fall, so it ends.
        for _ in 0..=candidates.len() {
            let before = routes.routes.clone();
            for &id in &candidates {
                if let Ok(route) = routes.try_route(catalog, id, &candidates)
                    && routes.routes.get(&id).is_none_or(|known| route.calls.len() < known.calls.len())
                {
                    routes.routes.insert(id, route);
                }
            }
            if routes.routes == before {
                break;
            }
        }
        routes
    }

    /// The chain that makes `connector` callable; `None` where nothing reachable gives what it needs.
    pub fn route(&self, connector: ConnectorId) -> Option<&Route> {
        self.routes.get(&connector)
    }

    /// The giver of `field` that costs the fewest calls (declared order breaks ties, `@prefer` wins outright).
    pub fn giver(&self, catalog: &Catalog, field: &str) -> Option<ConnectorId> {
        let field = catalog.object(self.ty)?.fields.get(field)?;
        if field.preferred {
            return field.givers.iter().copied().find(|giver| self.routes.contains_key(giver));
        }
        field
            .givers
            .iter()
            .copied()
            .filter_map(|giver| Some((self.routes.get(&giver)?.calls.len(), giver)))
            .min()
            .map(|(_, giver)| giver)
    }

    /// What keeps `connector` from being called.
    pub fn obstacle(&self, catalog: &Catalog, connector: ConnectorId) -> Unreachable {
        let missing = match self.try_route(catalog, connector, &candidates(catalog, self.ty)) {
            Ok(_) => Vec::new(),
            Err(missing) => missing,
        };
        Unreachable { connector, missing }
    }

    /// The needs of a connector for which two connectors of different sources lead equally fast, each with the one
    /// that is taken and the other.
    pub fn rivals(&self, catalog: &Catalog, connector: ConnectorId) -> Vec<(String, ConnectorId, ConnectorId)> {
        let Some(route) = self.routes.get(&connector) else { return Vec::new() };
        let candidates = candidates(catalog, self.ty);
        let mut rivals = Vec::new();
        for (need, &taken) in &route.waits_for {
            let field = catalog.object(self.ty).and_then(|object| object.fields.get(need));
            if field.is_some_and(|field| field.preferred) {
                continue;
            }
            let length = |id: ConnectorId| self.routes.get(&id).map(|route| route.calls.len());
            let rival = candidates.iter().copied().find(|&other| {
                other != taken
                    && other != connector
                    && produces(catalog, other, need)
                    && length(other) == length(taken)
                    && catalog.connector(other).source != catalog.connector(taken).source
                    && !self.routes[&other].calls.contains(&connector)
            });
            rivals.extend(rival.map(|other| (need.clone(), taken, other)));
        }
        rivals
    }

    fn try_route(&self, catalog: &Catalog, id: ConnectorId, candidates: &[ConnectorId]) -> Result<Route, Vec<String>> {
        let mut route = Route { calls: BTreeSet::from([id]), waits_for: BTreeMap::new() };
        let mut missing = Vec::new();
        for need in &catalog.connector(id).needs {
            if self.at_hand.contains(need) {
                continue;
            }
            let giver = candidates
                .iter()
                .filter(|&&giver| giver != id && produces(catalog, giver, need))
                .filter_map(|&giver| Some((giver, self.routes.get(&giver)?)))
                .filter(|(_, known)| !known.calls.contains(&id))
                .min_by_key(|(giver, known)| (preference(catalog, self.ty, need, *giver), known.calls.len(), *giver));
            match giver {
                Some((giver, known)) => {
                    route.calls.extend(known.calls.iter().copied());
                    route.waits_for.insert(need.clone(), giver);
                }
                None => missing.push(need.clone()),
            }
        }
        if missing.is_empty() { Ok(route) } else { Err(missing) }
    }
}

/// The giver's place in the field's `@prefer`; the same for all where nothing is preferred.
fn preference(catalog: &Catalog, ty: TypeId, field: &str, giver: ConnectorId) -> usize {
    match catalog.object(ty).and_then(|object| object.fields.get(field)) {
        Some(field) if field.preferred => field.givers.iter().position(|id| *id == giver).unwrap_or(usize::MAX),
        _ => 0,
    }
}

/// Connectors that stand on the type or on one of its fields.
fn candidates(catalog: &Catalog, ty: TypeId) -> Vec<ConnectorId> {
    let count = u32::try_from(catalog.connectors.len()).expect("fewer than four thousand million connectors");
    (0..count).map(ConnectorId).filter(|id| catalog.connector(*id).site.ty() == ty).collect()
}

/// Whether the connector gives `field` as news: a key it needed is only echoed.
fn produces(catalog: &Catalog, id: ConnectorId, field: &str) -> bool {
    let connector = catalog.connector(id);
    connector.gives.gives(field) && !connector.needs.iter().any(|need| need == field)
}
