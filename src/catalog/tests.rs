//! Tables over hand-made catalogs: connectors of one entity in, chains out.

use std::collections::HashMap;

use super::{
    CallBounds, Catalog, Connector, ConnectorId, DepartmentId, Field, Freshness, Layout, Node, Object, Role, Routes,
    Scalar, Site, Slot, SourceId, Ty, Type, TypeId, TypeKind,
};
use crate::mapping::{CallSide, Dialect, Method, Program, RequestTemplate};

const ENTITY: TypeId = TypeId(0);
const TEXT: TypeId = TypeId(1);

/// Connectors of one entity, each written as `id@source: needs > gives`.
fn catalog(connectors: &[&str], preferred: &[(&str, &[u32])]) -> Catalog {
    let connectors: Vec<Connector> = connectors.iter().map(|written| connector(written)).collect();
    let mut object = Object::default();
    for (id, connector) in (0..).map(ConnectorId).zip(&connectors) {
        for name in connector.needs.iter().chain(connector.gives.slots.iter().map(|slot| &slot.field)) {
            let field = object.fields.entry(name.clone()).or_insert_with(field);
            if !connector.needs.contains(name) {
                field.givers.push(id);
            }
        }
    }
    for (name, order) in preferred {
        let field = &mut object.fields[*name];
        field.givers = order.iter().copied().map(ConnectorId).collect();
        field.preferred = true;
    }
    Catalog {
        types: vec![
            Type { name: "Customer".into(), kind: TypeKind::Object(object) },
            Type { name: "String".into(), kind: TypeKind::Scalar(Scalar::Text) },
        ],
        connectors,
        names: HashMap::from([("Customer".into(), ENTITY)]),
        ..Catalog::default()
    }
}

fn connector(written: &str) -> Connector {
    let (head, body) = written.split_once(": ").unwrap();
    let (id, source) = head.split_once('@').unwrap();
    let (needs, gives) = body.split_once('>').unwrap();
    let names = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let call = CallSide {
        method: Method::Get,
        url: "https://a.example",
        headers: Vec::new(),
        path: None,
        query_params: None,
        body: None,
    };
    let slot = |field| Slot { field, ty: text(), node: Node::Scalar(Scalar::Text), max: None };
    Connector {
        id: id.into(),
        coordinate: id.into(),
        source: Some(SourceId(source.parse().unwrap())),
        department: DepartmentId(0),
        site: Site::Type(ENTITY),
        request: RequestTemplate::new(None, call, Dialect::default()).unwrap(),
        selection: Program::parse("id", Dialect::default()).unwrap(),
        is_success: None,
        errors: Vec::new(),
        needs: names(needs),
        args: Vec::new(),
        needs_as_args: false,
        batch: None,
        gives: Layout { ty: ENTITY, slots: names(gives).into_iter().map(slot).collect() },
        freshness: Freshness::default(),
        definition: 0,
        call: CallBounds::default(),
        paginate: None,
        enabled: true,
        place: String::new(),
    }
}

fn text() -> Ty {
    Ty::Named { id: TEXT, nullable: true }
}

fn field() -> Field {
    Field {
        ty: text(),
        department: DepartmentId(0),
        visible: true,
        connection: None,
        freshness: Freshness::default(),
        givers: Vec::new(),
        preferred: false,
        normalize: None,
        role: Role::Given,
    }
}

/// Per connector the calls that lead to it from `id`, itself among them.
fn check(catalog: &Catalog, expected: &[&str]) {
    let routes = Routes::find(catalog, ENTITY, ["id".to_owned()]);
    let found: Vec<String> = (0..)
        .map(ConnectorId)
        .zip(&catalog.connectors)
        .filter_map(|(id, connector)| {
            let calls = routes.route(id)?.calls.iter().map(|call| catalog.connector(*call).id.as_str());
            Some(format!("{}: {}", connector.id, calls.collect::<Vec<_>>().join(" ")))
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_connector_waits_for_those_that_give_what_it_needs() {
    check(
        &catalog(&["tickets@0: person > tickets", "people@0: id > person", "deals@1: id > deals"], &[]),
        &["tickets: tickets people", "people: people", "deals: deals"],
    );
}

#[test]
fn the_chain_with_the_fewest_calls_is_taken_whatever_the_order() {
    check(
        &catalog(&["a@0: id > x", "b@0: x > y", "c@0: id > y", "d@0: y > z"], &[]),
        &["a: a", "b: a b", "c: c", "d: c d"],
    );
}

#[test]
fn a_need_that_two_chains_share_is_called_once() {
    check(
        &catalog(&["a@0: id > x", "b@0: x > y", "c@0: x > z", "d@0: y z > w"], &[]),
        &["a: a", "b: a b", "c: a c", "d: a b c d"],
    );
}

#[test]
fn circles_and_dead_ends_lead_nowhere_and_say_what_is_missing() {
    let catalog = catalog(&["a@0: y > x", "b@0: x > y", "c@0: nothing > z", "d@0: id > id w"], &[]);
    check(&catalog, &["d: d"]);
    let routes = Routes::find(&catalog, ENTITY, ["id".to_owned()]);
    assert_eq!(routes.obstacle(&catalog, ConnectorId(2)).missing, ["nothing"]);
    assert_eq!(routes.obstacle(&catalog, ConnectorId(0)).missing, ["y"]);
    assert_eq!(routes.giver(&catalog, "z"), None);
}

#[test]
fn a_key_that_is_only_echoed_is_not_given() {
    check(&catalog(&["a@0: x > x y", "b@0: y > z"], &[]), &[]);
}

#[test]
fn equally_short_chains_through_different_sources_are_rivals() {
    let written = ["a@0: id > x", "b@1: id > x", "c@2: x > y"];
    let rivals = |catalog: &Catalog| Routes::find(catalog, ENTITY, ["id".to_owned()]).rivals(catalog, ConnectorId(2));
    assert_eq!(rivals(&catalog(&written, &[])), [("x".to_owned(), ConnectorId(0), ConnectorId(1))]);
    assert_eq!(rivals(&catalog(&written, &[("x", &[1, 0])])), []);
    assert_eq!(rivals(&catalog(&["a@0: id > x", "b@0: id > x", "c@2: x > y"], &[])), []);
}

#[test]
fn a_preferred_giver_is_taken_although_another_is_declared_before_it() {
    let catalog = catalog(&["a@0: id > x", "b@1: id > x", "c@2: x > y"], &[("x", &[1, 0])]);
    check(&catalog, &["a: a", "b: b", "c: b c"]);
    let routes = Routes::find(&catalog, ENTITY, ["id".to_owned()]);
    assert_eq!(routes.giver(&catalog, "x"), Some(ConnectorId(1)));
}
