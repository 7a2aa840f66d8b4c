//! A town behind gates, the gateway over it, and clients that ask over real HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use c360::cli;
use c360::demo::{Dials, Town, Which};
use c360::gateway::Gateway;
use c360::http::{Desk, serve};
use c360::sdl::SourceText;
use c360::startup::{self, Folder};
use c360::telemetry::{Format, Page};
use c360::units::{ByteSize, TimeSpan};
use futures_util::StreamExt;
use futures_util::stream;
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::ageing::ageing;
pub use super::gate::Failure;
use super::gate::Gate;

/// Every department has a part of its own in it.
pub const QUERY: &str = r"query ($id: ID!) {
  customer(id: $id) {
    jobTitle
    deals { nodes { name } }
    tickets { nodes { subject } }
    marketingProfile { lifecycleStage firstSource }
    invoices { nodes { number } }
    usage { seatsUsed }
    coverage { department status reason }
  }
}";

/// How many clients ask at once.
const CLIENTS: usize = 8;
/// The longest a department that fails is waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// Departments and the gates before them.
pub struct Street {
    pub town: Town,
    pub gates: BTreeMap<&'static str, Gate>,
}

/// A gateway at a port, until it is dropped.
pub struct Door {
    pub address: String,
    client: reqwest::Client,
    gateway: Arc<Gateway>,
    _stop: oneshot::Sender<()>,
}

/// The name under which the schema knows a department's system.
pub fn source_of(department: Which) -> &'static str {
    match department {
        Which::Sales => "crm",
        Which::Support => "helpdesk",
        Which::Marketing => "marketing",
        Which::Billing => "billing",
        Which::Usage => "product",
    }
}

/// The parts of [`QUERY`] that a department alone gives.
pub fn parts_of(department: Which) -> &'static [&'static str] {
    match department {
        Which::Sales => &["jobTitle", "deals"],
        Which::Support => &["tickets"],
        Which::Marketing => &["marketingProfile"],
        Which::Billing => &["invoices"],
        Which::Usage => &["usage"],
    }
}

impl Street {
    pub async fn open(customers: usize) -> Street {
        let (mut gates, mut fronts) = (BTreeMap::new(), BTreeMap::new());
        for department in Which::ALL {
            let gate = Gate::build().await;
            fronts.insert(department, gate.origin());
            gates.insert(source_of(department), gate);
        }
        let town = Town::start(Dials { customers, fronts, ..Dials::default() }).await.unwrap();
        for department in town.departments() {
            gates.get_mut(source_of(department.which())).unwrap().lead_to(&department.address()).await;
        }
        Street { town, gates }
    }

    /// Ids of customers whom every department knows, and none of them twice.
    pub fn known_to_all(&self, most: usize) -> Vec<String> {
        let known = self.town.cast().persons.iter().filter(|person| {
            person.sales.len() == 1
                && person.support.is_some()
                && person.marketing.is_some()
                && person.billing.is_some()
                && person.usage.is_some()
        });
        known.take(most).map(|person| person.id.clone()).collect()
    }

    /// Sets a department to a failure.
    pub async fn fail(&mut self, department: Which, failure: Failure) {
        let gate = self.gates.get_mut(source_of(department)).unwrap();
        match failure {
            Failure::Gone => gate.shut(),
            Failure::Noise(noise) => gate.make(noise).await,
            Failure::Fault(fault) => {
                gate.open().await;
                self.town.department(department).fail(fault);
            }
        }
    }

    /// How often it was called so far, or there was noise in place of it.
    pub fn calls(&self, department: Which) -> u64 {
        self.town.department(department).calls().total + self.gates[source_of(department)].annoyed()
    }

    /// A gateway that remembers nothing fresh. `impatient`: the department that is soon given up.
    pub async fn gateway(&self, impatient: Option<Which>, keeps_for_errors: bool) -> Door {
        let mut settings = cli::settings_of(&self.town);
        for department in self.town.departments() {
            let name = source_of(department.which());
            let source = settings.sources.get_mut(name).unwrap();
            source.url = Some(self.gates[name].origin());
            source.max_response_bytes = ByteSize::mebibytes(2);
            if impatient == Some(department.which()) {
                source.timeout = TimeSpan(PATIENCE);
            }
        }
        let files = cli::shipped_schema().into_iter();
        let files = files.map(|file| SourceText { text: ageing(&file.text, 0, keeps_for_errors), ..file }).collect();
        let assembled = startup::assemble(Folder { files, settings: settings.clone() }, Arc::new(|_: &str| None), None);
        let gateway = assembled.unwrap_or_else(|faults| panic!("{faults}")).gateway;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/graphql", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(serve(listener, Desk::new(gateway.clone(), settings.server), async { _ = stopped.await }));
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        Door { address, client, gateway, _stop: stop }
    }
}

impl Door {
    /// Asks for one customer: the status and the answer.
    pub async fn ask(&self, id: &str) -> (u16, Json) {
        let body = json!({ "query": QUERY, "variables": { "id": id } }).to_string();
        let asked = self.client.post(&self.address).header("content-type", "application/json").body(body);
        let answer = asked.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
    }

    /// How much was odd in the department's answers so far, in one way.
    pub fn oddities(&self, department: Which, kind: &str) -> u64 {
        let mut page = Page::default();
        self.gateway.measure(&mut page);
        let (source, kind) = (format!("source=\"{}\"", source_of(department)), format!("kind=\"{kind}\""));
        let page = page.write(Format::Prometheus);
        let lines = page.lines().filter(|line| line.starts_with("c360_connector_oddities_total{"));
        let counts = lines.filter(|line| line.contains(&source) && line.contains(&kind));
        counts.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    }

    /// Asks for all of them, several at once; answers in their order.
    pub async fn ask_all(&self, ids: &[String]) -> Vec<Json> {
        let asking = ids.iter().map(|id| async move {
            let (status, answer) = self.ask(id).await;
            assert_eq!(status, 200, "{answer}");
            answer
        });
        stream::iter(asking).buffered(CLIENTS).collect().await
    }
}
