//! A catalog of one connector, sources over it, and somebody who waits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::Notify;

use super::super::{Args, Environment, Observer, Order, ScopeTag, Settings, Sources, Waiting};
use crate::catalog::{
    Batch, CallBounds, Catalog, Connector, ConnectorId, Department, DepartmentId, ErrorMapping, FailureRule, Field,
    Freshness, Layout, Node, Object, Paginate, Role, Scalar, Site, Slot, Source, SourceId, Ty, Type, TypeId, TypeKind,
};
use crate::mapping::{CallSide, Dialect, Method, Program, RequestTemplate, SourceSide};
use crate::record::{Content, Key, Reply, Terms};
use crate::telemetry::Asker;

pub const ID: ConnectorId = ConnectorId(0);
const CUSTOMER: TypeId = TypeId(0);

/// A connector on `Customer { id name tickets { subject } }`, in the words of the directive.
pub struct Spec<'s> {
    pub url: &'s str,
    pub query: Option<&'s str>,
    pub body: Option<&'s str>,
    pub selection: &'s str,
    pub is_success: Option<&'s str>,
    pub message: Option<&'s str>,
    /// `None`: one key per call.
    pub max_size: Option<usize>,
    /// Fields given beside `id`.
    pub gives: &'s [&'s str],
    /// A connector on `Customer.tickets`.
    pub on_tickets: bool,
    pub call: CallBounds,
    pub paginate: Option<Paginate>,
    pub failures: Vec<FailureRule>,
    pub normalize: Option<&'s str>,
}

impl Default for Spec<'_> {
    fn default() -> Self {
        Spec {
            url: "/people",
            query: Some("ids: $batch.id->joinNotNull(',')"),
            body: None,
            selection: "$.people { id name }",
            is_success: None,
            message: None,
            max_size: Some(100),
            gives: &["name"],
            on_tickets: false,
            call: CallBounds::default(),
            paginate: None,
            failures: Vec::new(),
            normalize: None,
        }
    }
}

impl Spec<'_> {
    /// One key per call, in the path.
    pub fn single() -> Self {
        Spec { url: "/people/{$this.id}", query: None, selection: "id name", max_size: None, ..Spec::default() }
    }
}

pub fn program(text: &str) -> Program {
    Program::parse(text, Dialect::default()).unwrap()
}

fn nullable(id: u32) -> Ty {
    Ty::Named { id: TypeId(id), nullable: true }
}

fn slot(field: &str) -> Slot {
    let (ty, node) = match field {
        "id" => (nullable(1), Node::Scalar(Scalar::Id)),
        "tickets" => {
            let subject =
                Slot { field: "subject".into(), ty: nullable(2), node: Node::Scalar(Scalar::Text), max: None };
            let of = Box::new(nullable(3));
            (Ty::List { of, nullable: true }, Node::Object(Layout { ty: TypeId(3), slots: vec![subject] }))
        }
        _ => (nullable(2), Node::Scalar(Scalar::Text)),
    };
    Slot { field: field.to_owned(), ty, node, max: None }
}

fn field(ty: Ty, normalize: Option<&str>) -> Field {
    Field {
        ty,
        department: DepartmentId(0),
        visible: true,
        connection: None,
        freshness: Freshness::default(),
        givers: vec![ID],
        preferred: false,
        normalize: normalize.map(|text| Arc::new(program(text))),
        role: Role::Given,
    }
}

pub fn catalog(spec: Spec<'_>) -> Arc<Catalog> {
    let base_url = "http://configured.invalid/api";
    let side = CallSide {
        method: if spec.body.is_some() { Method::Post } else { Method::Get },
        url: spec.url,
        headers: Vec::new(),
        path: None,
        query_params: spec.query,
        body: spec.body,
    };
    let source = SourceSide { base_url, ..SourceSide::default() };
    let request = RequestTemplate::new(Some(source), side, Dialect::default()).unwrap();
    let mut slots = vec![slot("id")];
    slots.extend(spec.gives.iter().map(|field| slot(field)));
    let site = if spec.on_tickets {
        slots = vec![slot("tickets")];
        Site::Field { on: CUSTOMER, field: "tickets".into() }
    } else {
        Site::Type(CUSTOMER)
    };
    let connector = Connector {
        id: "people".into(),
        coordinate: "Customer[0]".into(),
        source: Some(SourceId(0)),
        department: DepartmentId(0),
        site,
        request,
        selection: program(spec.selection),
        is_success: spec.is_success.map(program),
        errors: vec![ErrorMapping { message: spec.message.map(program), extensions: None }],
        needs: vec!["id".into()],
        args: Vec::new(),
        needs_as_args: false,
        batch: spec.max_size.map(|max| Batch { max_size: Some(max) }),
        gives: Layout { ty: CUSTOMER, slots },
        freshness: Freshness::default(),
        definition: 1,
        call: spec.call,
        paginate: spec.paginate,
        enabled: true,
        place: "schema/support.graphql:1".into(),
    };
    let mut customer = Object::default();
    for name in ["id", "name", "tickets"] {
        let normalize = spec.normalize.filter(|_| name == "id");
        customer.fields.insert(name.into(), field(slot(name).ty, normalize));
    }
    Arc::new(Catalog {
        types: vec![Type { name: "Customer".into(), kind: TypeKind::Object(customer) }],
        sources: vec![Source {
            name: "helpdesk".into(),
            base_url: base_url.into(),
            failures: spec.failures,
            failed_keys: Vec::new(),
            webhooks: Vec::new(),
        }],
        departments: vec![Department { name: "support".into(), title: "Support".into() }],
        connectors: vec![connector],
        ..Catalog::default()
    })
}

/// An environment without variables, in which looking for `BOOM` panics.
pub fn environment() -> Environment {
    Arc::new(|name| {
        assert_ne!(name, "BOOM");
        None
    })
}

/// Sources over one connector.
pub struct World {
    pub sources: Sources,
    layout: Layout,
}

/// Sources over one connector, its source at `url`.
pub fn world(url: &str, spec: Spec<'_>, settings: Settings) -> World {
    watched(url, spec, settings, None)
}

pub fn watched(url: &str, spec: Spec<'_>, settings: Settings, observer: Option<Arc<dyn Observer>>) -> World {
    let settings = Settings { url: Some(url.to_owned()), ..settings };
    let by_name = BTreeMap::from([("helpdesk".to_owned(), settings)]);
    let catalog = catalog(spec);
    let layout = catalog.connector(ID).gives.clone();
    World { sources: Sources::new(catalog, &by_name, environment(), observer).unwrap(), layout }
}

impl World {
    /// Asks for keys and waits for what is said, in a few words each.
    pub async fn ask(&self, ids: &str) -> Vec<String> {
        self.submit(ids).told().await
    }

    /// Submits keys for everybody.
    pub fn submit(&self, ids: &str) -> Arc<Waiter> {
        self.submit_as(ids, ScopeTag::Shared, None)
    }

    pub fn submit_as(&self, ids: &str, scope: ScopeTag, deadline: Option<Instant>) -> Arc<Waiter> {
        self.order(ids, scope, deadline, None)
    }

    /// Submits keys of the request that has this number.
    pub fn submit_of(&self, number: u64, ids: &str) -> Arc<Waiter> {
        self.order(ids, ScopeTag::Shared, None, Some(Asker { number, headers: Arc::default(), watch: None }))
    }

    fn order(&self, ids: &str, scope: ScopeTag, deadline: Option<Instant>, asker: Option<Asker>) -> Arc<Waiter> {
        let keys: Vec<Key> =
            ids.split_whitespace().map(|id| Key::from_components([format!("\"{id}\"").as_bytes()])).collect();
        let told = Mutex::new(vec![None; keys.len()]);
        let waiter = Arc::new(Waiter { layout: self.layout.clone(), told, news: Notify::new(), asker });
        let (args, waiting) = (Arc::new(Args::none()), waiter.clone());
        self.sources.submit(Order {
            connector: ID,
            args,
            scope,
            headers: None,
            keys,
            known: Vec::new(),
            edition: 0,
            deadline,
            waiting,
        });
        waiter
    }
}

/// Somebody who waits for an order.
pub struct Waiter {
    layout: Layout,
    told: Mutex<Vec<Option<Reply>>>,
    news: Notify,
    asker: Option<Asker>,
}

impl Waiting for Waiter {
    fn asker(&self) -> Option<&Asker> {
        self.asker.as_ref()
    }

    fn settle(&self, index: usize, reply: Reply, _: SystemTime, _: Option<&Arc<Terms>>) {
        let before = self.told.lock().unwrap()[index].replace(reply);
        assert!(before.is_none(), "key {index} was settled twice");
        self.news.notify_one();
    }
}

impl Waiter {
    /// Every reply in a few words, in the order asked; fails the test after ten seconds.
    pub async fn told(&self) -> Vec<String> {
        self.replies().await.iter().map(|reply| describe(&self.layout, reply)).collect()
    }

    pub async fn replies(&self) -> Vec<Reply> {
        let all = async {
            loop {
                let told: Option<Vec<Reply>> = self.told.lock().unwrap().iter().cloned().collect();
                if let Some(told) = told {
                    return told;
                }
                self.news.notified().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), all).await.expect("every key is settled")
    }
}

/// A reply in a few words: a record's fields but the id, with what is wrong with it; or a failure's code and public
/// sentence.
fn describe(layout: &Layout, reply: &Reply) -> String {
    let record = match reply {
        Reply::Absent => return "absent".to_owned(),
        Reply::Failed(failure) => return format!("{}: {}", failure.code.as_str(), failure.public),
        Reply::Found(record) => record,
    };
    let view = record.view(layout);
    let fields = layout.slots.iter().filter(|slot| slot.field != "id");
    let mut words: Vec<String> = fields.map(|slot| show(view.field(&slot.field))).collect();
    for (is, word) in [(record.is_partial(), "partial"), (record.is_doubled(), "doubled")] {
        if is {
            words.push(word.to_owned());
        }
    }
    words.join(" ")
}

fn show(content: Content<'_>) -> String {
    match content {
        Content::Null => "null".to_owned(),
        Content::Invalid => "invalid".to_owned(),
        Content::Json(json) => String::from_utf8_lossy(json).trim_matches('"').to_owned(),
        Content::Object(object) => show(object.slot(0)),
        Content::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(" ")),
    }
}
