//! `c360 demo`: look-alike departments on loopback, and the gateway over them with the shipped schema.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Map, Value as Json, json};
use tokio::net::TcpListener;

use super::Failure;
use super::say::say;
use super::signals::Stops;
use super::trace::Trace;
use crate::config::{self, Settings};
use crate::demo::{Credentials, Department, Dials, Fault, Limits, Town, Which, cast};
use crate::gateway::{Ask, Gateway};
use crate::http::{self, Desk};
use crate::sdl::SourceText;
use crate::sources::{self, Auth, Basic, Bearer, ClientAuth, ClientCredentials, ConfigTable, Observer};
use crate::startup;
use crate::units::TimeSpan;

/// Show one customer assembled from five look-alike systems, without any account or configuration
///
/// Starts look-alikes of Salesforce, Zendesk, HubSpot, Stripe and a product's own API as real
/// HTTP servers on loopback, and the gateway over them with the shipped schema. Prints a query to
/// paste and its answer.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:\n  \
    c360 demo --customers 5000\n  \
    c360 demo --latency 200ms            each department answers after 200 ms\n  \
    c360 demo --fail support             see the view without its tickets\n  \
    c360 demo --fail support,billing --trace"
)]
pub(super) struct Demo {
    /// Persons in the cast, 20 to 100,000
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    customers: u32,
    /// How long each department takes to answer
    #[arg(long, default_value = "0ms", value_name = "TIME")]
    latency: TimeSpan,
    /// Departments that fail: sales, support, marketing, billing, usage
    #[arg(long, value_delimiter = ',', value_name = "DEPARTMENT")]
    fail: Vec<Which>,
    /// Count calls against the vendors' published rate limits
    #[arg(long)]
    rate_limits: bool,
    /// Port of the gateway on 127.0.0.1
    #[arg(long, default_value_t = 4000)]
    port: u16,
    /// Print each upstream call, those for tokens aside
    #[arg(long)]
    trace: bool,
}

/// The shipped schema.
const SCHEMA: [(&str, &str); 6] = [
    ("schema/billing.graphql", include_str!("../../schema/billing.graphql")),
    ("schema/customer.graphql", include_str!("../../schema/customer.graphql")),
    ("schema/marketing.graphql", include_str!("../../schema/marketing.graphql")),
    ("schema/sales.graphql", include_str!("../../schema/sales.graphql")),
    ("schema/support.graphql", include_str!("../../schema/support.graphql")),
    ("schema/usage.graphql", include_str!("../../schema/usage.graphql")),
];

/// The query that the demo asks and prints.
const QUERY: &str = include_str!("demo.graphql");

impl Demo {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let limits = if self.rate_limits { Limits::Vendor } else { Limits::Open };
        let dials = Dials { customers: self.customers as usize, latency: self.latency.0, limits, ..Dials::default() };
        let town = Town::start(dials).await.map_err(|why| format!("no loopback port could be had: {why}"))?;
        for which in &self.fail {
            town.department(*which).fail(Fault::Unavailable503);
        }
        let settings = settings_of(&town);
        let mut server = settings.server.clone();
        server.listen = format!("127.0.0.1:{}", self.port);
        server.first_query = Some(QUERY.to_owned());
        // No load balancer looks at a demo.
        server.notice = TimeSpan(Duration::ZERO);
        let observer = self.trace.then(|| Arc::new(Trace) as Arc<dyn Observer>);
        let folder = startup::Folder { files: shipped_schema(), settings };
        let assembled = startup::assemble(folder, Arc::new(config::variable), observer)?;
        let listener = TcpListener::bind(&server.listen)
            .await
            .map_err(|why| format!("cannot listen on {}: {why}; choose another port with --port", server.listen))?;
        let address = listener.local_addr()?;
        let gateway = assembled.gateway.clone();
        let stops = Stops::listen()?;
        let served = tokio::spawn(http::serve(listener, Desk::new(assembled.gateway, server), stops.told(1)));
        say(self.story(&town, &gateway, &address.to_string()).await);
        served.await??;
        Ok(())
    }

    /// Asks the query once and tells what happened.
    async fn story(&self, town: &Town, gateway: &Arc<Gateway>, address: &str) -> String {
        town.departments().for_each(Department::reset_calls);
        let started = Instant::now();
        let answer = gateway
            .answer(Ask {
                query: QUERY.to_owned(),
                operation_name: None,
                variables: None,
                headers: Arc::default(),
                want_coverage: false,
                budget: None,
            })
            .await;
        let took = started.elapsed();
        tell(self, town, address, &answer.body, took).unwrap_or_default()
    }
}

fn tell(demo: &Demo, town: &Town, address: &str, answer: &[u8], took: Duration) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    writeln!(out, "{} customers live in these departments:\n", demo.customers)?;
    for department in town.departments() {
        writeln!(out, "  {:<10} {}", department.which().name(), department.address())?;
    }
    writeln!(
        out,
        "\nThe gateway over them:\n\n  GraphQL    http://{address}/graphql\n  playground http://{address}/\n"
    )?;
    let compact: Vec<&str> = QUERY.split_whitespace().collect();
    let body = json!({ "query": compact.join(" ") }).to_string().replace('\'', "'\\''");
    writeln!(
        out,
        "Paste this:\n\n  curl -s http://{address}/graphql -H 'content-type: application/json' \\\n    -d '{body}'\n"
    )?;
    writeln!(out, "It asks:\n\n{}", indented(QUERY))?;
    let pretty = serde_json::from_slice::<serde_json::Value>(answer)
        .ok()
        .and_then(|_| pretty_in_order(answer))
        .unwrap_or_else(|| String::from_utf8_lossy(answer).into_owned());
    writeln!(out, "and was answered:\n\n{}", indented(&pretty))?;
    let calls: Vec<String> = town
        .departments()
        .map(|department| format!("{} {}", department.which().name(), department.calls().total))
        .collect();
    let total: u64 = town.departments().map(|department| department.calls().total).sum();
    let each = match demo.latency.0 {
        Duration::ZERO => String::new(),
        latency => format!(" of {} ms or more each", latency.as_millis()),
    };
    writeln!(out, "That took {} ms and {total} upstream calls{each} ({}).", took.as_millis(), calls.join(", "))?;
    let again = if demo.fail.is_empty() { "no call at all" } else { "only the departments that failed are called" };
    writeln!(out, "Ask again within 30 seconds: {again}.\n")?;
    writeln!(
        out,
        "What next:\n  \
         c360 demo --fail support     the same view while the help desk is down\n  \
         c360 demo --latency 200ms    departments are called together, not one after another\n  \
         c360 demo --trace            see each upstream call\n  \
         {} has 300 tickets, {} stands twice in the CRM, {} is unknown to support: try them as id\n  \
         README.md                    connect your own systems: one .graphql file each\n\n\
         Ctrl-C ends the demo.",
        cast::BUSY,
        cast::DOUBLED,
        cast::UNKNOWN_TO_SUPPORT
    )?;
    Ok(out)
}

/// Indented JSON with the keys in the order in which they were answered.
fn pretty_in_order(answer: &[u8]) -> Option<String> {
    let value = crate::mapping::Value::read(answer).ok()?;
    let mut out = String::new();
    pretty(&value, 0, &mut out).ok()?;
    Some(out)
}

fn pretty(value: &crate::mapping::Value<'_>, depth: usize, out: &mut String) -> std::fmt::Result {
    use crate::mapping::Value;
    let indent = "  ".repeat(depth + 1);
    let line = |value: &Value<'_>| {
        let mut text = Vec::new();
        value.write(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    };
    let compact = line(value);
    if compact.len() <= 100 {
        return out.write_str(&compact);
    }
    match value {
        Value::Object(object) => {
            out.write_str("{")?;
            for (index, (key, member)) in object.iter().enumerate() {
                write!(out, "{}\n{indent}{}: ", if index > 0 { "," } else { "" }, line(&Value::from(key)))?;
                pretty(member, depth + 1, out)?;
            }
            write!(out, "\n{}}}", "  ".repeat(depth))
        }
        Value::List(items) => {
            out.write_str("[")?;
            for (index, item) in items.iter().enumerate() {
                write!(out, "{}\n{indent}", if index > 0 { "," } else { "" })?;
                pretty(item, depth + 1, out)?;
            }
            write!(out, "\n{}]", "  ".repeat(depth))
        }
        _ => out.write_str(&compact),
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// The schema that comes with the program.
pub fn shipped_schema() -> Vec<SourceText> {
    SCHEMA.iter().map(|(name, text)| SourceText { name: (*name).to_owned(), text: (*text).to_owned() }).collect()
}

/// What `gateway.toml` would say of the town: addresses and credentials.
pub fn settings_of(town: &Town) -> Settings {
    let sources: BTreeMap<String, sources::Settings> = town
        .departments()
        .map(|department| {
            let (name, config) = match department.which() {
                Which::Sales => ("crm", json!({})),
                Which::Support => ("helpdesk", json!({ "escalationField": cast_escalation_field() })),
                Which::Marketing => ("marketing", json!({ "portalId": "4711" })),
                Which::Billing => ("billing", json!({})),
                Which::Usage => ("product", json!({})),
            };
            (name.to_owned(), source(department, config))
        })
        .collect();
    Settings { sources, ..Settings::default() }
}

/// The custom field of the look-alike help desk that tells to whom a ticket was escalated.
fn cast_escalation_field() -> u64 {
    3_600_000_000_101
}

fn source(department: &Department, config: Json) -> sources::Settings {
    let auth = match department.credentials().clone() {
        Credentials::Bearer { token } => Auth::Bearer(Bearer { token: token.into(), scheme: "Bearer".to_owned() }),
        Credentials::Basic { user, password } => Auth::Basic(Basic { user, password: password.into() }),
        Credentials::ClientCredentials { token_path, client_id, client_secret } => {
            Auth::ClientCredentials(ClientCredentials {
                token_url: format!("{}{token_path}", department.address()),
                client_id,
                client_secret: client_secret.into(),
                scope: None,
                params: BTreeMap::new(),
                client_auth: ClientAuth::Form,
                scheme: "Bearer".to_owned(),
                lifetime: None,
                base_from: Some("instance_url".to_owned()),
                refresh_on: vec![401],
            })
        }
    };
    let config = match config {
        Json::Object(members) => members,
        _ => Map::new(),
    };
    sources::Settings {
        url: Some(department.address()),
        config: ConfigTable(config),
        auth,
        ..sources::Settings::default()
    }
}
