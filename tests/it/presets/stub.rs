//! A small server that behaves as a vendor's documentation says: who may ask, how much at once, how lists are paged.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value as Json;
use tokio::net::TcpListener;

use c360::gateway::Gateway;

use super::{assembled, composed, example_variables, read, written};

/// One request, as the vendor sees it.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) path: String,
    /// Decoded; the last of two equal names.
    pub(super) query: BTreeMap<String, String>,
    pub(super) headers: HeaderMap,
}

impl Ask {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Its own query with one more pair, encoded.
    pub(super) fn encoded(&self, name: &str, value: &str) -> String {
        let pairs = self.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs.chain([(name, value)])).finish()
    }

    pub(super) fn asks(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
}

/// What a vendor answers.
type Vendor = fn(&Ask) -> (u16, Json);

/// A vendor's stand-in on loopback.
pub(super) struct Stub {
    pub(super) address: String,
    asked: Arc<Mutex<Vec<Ask>>>,
}

struct Desk {
    vendor: Vendor,
    address: String,
    asked: Arc<Mutex<Vec<Ask>>>,
}

impl Stub {
    pub(super) async fn of(vendor: Vendor) -> Stub {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<Ask>>>::default();
        let desk = Desk { vendor, address: address.clone(), asked: asked.clone() };
        let router = Router::new().fallback(answer).with_state(Arc::new(desk));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Stub { address, asked }
    }

    /// Every call so far, which are then forgotten.
    pub(super) fn asked(&self) -> Vec<Ask> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    /// A gateway from a folder with this preset, which finds the stub where the vendor would be.
    pub(super) fn gateway(&self, names: &[&str], settings: &[(&str, &str)]) -> Arc<Gateway> {
        let files = composed(names);
        let folder = written(&files);
        let mut variables = example_variables(&files);
        variables.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut read = read(folder.path(), &variables);
        for source in read.settings.sources.values_mut() {
            source.url = Some(self.address.clone());
            if let c360::sources::Auth::ClientCredentials(auth) = &mut source.auth {
                auth.token_url = format!("{}/token", self.address);
            }
        }
        assembled(read).gateway
    }
}

async fn answer(State(desk): State<Arc<Desk>>, uri: Uri, headers: HeaderMap) -> Response {
    let url = url::Url::parse(&format!("{}{uri}", desk.address)).unwrap();
    let query = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let ask = Ask { path: uri.path().to_owned(), query, headers };
    let (status, answer) = (desk.vendor)(&ask);
    desk.asked.lock().unwrap().push(ask);
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("content-type", "application/json")], answer.to_string()).into_response()
}
