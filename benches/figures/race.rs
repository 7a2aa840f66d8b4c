//! The contract of the race, over departments in this process: each answers from texts made at the start, so that next
//! to nothing of what is measured is theirs.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use c360::config::Settings;
use c360::sdl::SourceText;
use c360::sources;
use c360::startup::{self, Assembled, Folder};
use c360::units::ByteSize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One customer's whole view.
pub(crate) const VIEW: &str = "query Whole($id:ID!){customer(id:$id){id name email phone company jobTitle city country \
    deals{id title stage amount currency closeDate} tickets{id subject status priority channel openedAt} \
    touches{id campaign channel occurredAt} invoices{id number status amount currency dueAt}}}";
/// A page of whole views.
pub(crate) const LIST: &str = "query List($offset:Int!,$limit:Int!){customers(offset:$offset,limit:$limit){id name \
    email phone company jobTitle city country deals{id title stage amount currency closeDate} \
    tickets{id subject status priority channel openedAt} touches{id campaign channel occurredAt} \
    invoices{id number status amount currency dueAt}}}";
/// Two fields.
pub(crate) const SMALL: &str = "query Small($id:ID!){customer(id:$id){name email}}";

/// How many customers there are.
pub(crate) const CUSTOMERS: usize = 1000;
/// How many records of each kind every customer has.
const RECORDS: usize = 5;

/// The files of the race's schema.
pub(crate) fn files() -> Vec<SourceText> {
    let file = |name: &str, text: &str| SourceText { name: format!("schema/{name}.graphql"), text: text.to_owned() };
    vec![
        file("billing", include_str!("../../bench/race/gateway/schema/billing.graphql")),
        file("marketing", include_str!("../../bench/race/gateway/schema/marketing.graphql")),
        file("sales", include_str!("../../bench/race/gateway/schema/sales.graphql")),
        file("support", include_str!("../../bench/race/gateway/schema/support.graphql")),
    ]
}

/// What a gateway of the race keeps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeps {
    Nothing,
    Records,
    /// Records, and whole answers beside them.
    Answers,
}

/// The gateway of the race. Needs a runtime.
pub(crate) async fn gateway(keeps: Keeps) -> Assembled {
    let mut settings = Settings::default();
    settings.cache.max_bytes = ByteSize::mebibytes(if keeps == Keeps::Nothing { 0 } else { 64 });
    settings.cache.answers = ByteSize::mebibytes(if keeps == Keeps::Answers { 16 } else { 0 });
    let texts = Arc::new(Texts::new());
    let mut sources = BTreeMap::new();
    for name in ["sales", "support", "marketing", "billing"] {
        let url = department(texts.clone()).await.expect("a loopback port");
        sources.insert(name.to_owned(), sources::Settings { url: Some(url), ..sources::Settings::default() });
    }
    settings.sources = sources;
    startup::assemble(Folder { files: files(), settings }, Arc::new(|_| None), None).expect("the schema is right")
}

/// By path, the JSON of each customer's records without the brackets around them.
pub(crate) struct Texts(HashMap<&'static str, Vec<String>>);

impl Texts {
    pub(crate) fn new() -> Texts {
        let kinds = ["/customers", "/deals", "/tickets", "/touches", "/invoices"];
        Texts(kinds.into_iter().map(|kind| (kind, (0..CUSTOMERS).map(|id| records(kind, id)).collect())).collect())
    }

    /// The answer to `GET /deals?customerIds=1,2`, `GET /customers?ids=1` or `GET /customers?offset=3&limit=2`.
    pub(crate) fn answer(&self, target: &str) -> String {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let texts = &self.0[path];
        let number = |text: &str| text.parse::<usize>().expect("a number");
        let wanted: Vec<usize> = match query.split_once('&') {
            Some((offset, limit)) => {
                let offset = number(&offset["offset=".len()..]);
                (offset..offset + number(&limit["limit=".len()..])).collect()
            }
            None => query.split_once('=').expect("a list of ids").1.split(',').map(number).collect(),
        };
        let mut out = String::from("[");
        for (index, id) in wanted.into_iter().enumerate() {
            out.push_str(if index > 0 { "," } else { "" });
            out.push_str(&texts[id]);
        }
        out.push(']');
        out
    }
}

fn records(kind: &str, id: usize) -> String {
    if kind == "/customers" {
        return format!(
            r#"{{"id":"{id}","name":"Ada Lovelace","email":"user{id}@example.com","phone":"+49 30 1234567","company":"Acme Robotics","jobTitle":"Operations Lead","city":"Berlin","country":"DE","segment":"enterprise","customerSince":"2024-05-17"}}"#
        );
    }
    let mut out = String::new();
    for number in 0..RECORDS {
        out.push_str(if number > 0 { "," } else { "" });
        let _ = match kind {
            "/deals" => write!(
                out,
                r#"{{"id":"D-{id}-{number}","customerId":"{id}","title":"Helios Energy sensor rollout","stage":"proposal","amount":1234.25,"currency":"EUR","ownerName":"Goran Novak","closeDate":"2025-08-09"}}"#
            ),
            "/tickets" => write!(
                out,
                r#"{{"id":"T-{id}-{number}","customerId":"{id}","subject":"Dashboard widgets do not load on mobile","status":"pending","priority":"high","channel":"email","assignee":"Hana Sato","openedAt":"2025-02-03T04:05:06Z","updatedAt":"2025-03-04T05:06:07Z","satisfaction":{number}}}"#
            ),
            "/touches" => write!(
                out,
                r#"{{"id":"M-{id}-{number}","customerId":"{id}","campaign":"customer-conference","channel":"event","occurredAt":"2025-06-07T08:09:10Z","outcome":"opened"}}"#
            ),
            _ => write!(
                out,
                r#"{{"id":"I-{id}-{number}","customerId":"{id}","number":"INV-{id:08}","status":"paid","amount":99.75,"currency":"USD","issuedAt":"2025-01-02","dueAt":"2025-02-01","paidAt":null}}"#
            ),
        };
    }
    out
}

/// A department on a port of its own; its address.
async fn department(texts: Arc<Texts>) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, texts.clone()));
        }
    });
    Ok(url)
}

/// As much of HTTP as the gateway's own requests need: no bodies, one after another.
async fn converse(mut stream: TcpStream, texts: Arc<Texts>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut read = Vec::new();
    loop {
        if stream.read_buf(&mut read).await? == 0 {
            return Ok(());
        }
        while let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&read[..end]);
            let target = head.split(' ').nth(1).expect("a request names its target").replace("%2C", ",");
            let body = texts.answer(&target);
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all((head + &body).as_bytes()).await?;
            read.drain(..end + 4);
        }
    }
}
