//! The look-alike departments: every answer is held against the contract of its vendor.

mod billing;
pub(crate) mod contract;
mod dials;
mod marketing;
mod product;
mod sales;
mod support;

use std::sync::LazyLock;

use c360::demo::{Credentials, Department, Dials, Town};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use contract::Contract;

static CLIENT: LazyLock<()> = LazyLock::new(|| {
    rustls::crypto::ring::default_provider().install_default().ok();
});

async fn town() -> Town {
    Town::start(Dials { customers: 300, ..Dials::default() }).await.unwrap()
}

/// What came back, already held against the contract.
#[derive(Debug)]
struct Reply {
    status: u16,
    headers: http::HeaderMap,
    body: Value,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn items(&self, key: &str) -> &Vec<Value> {
        self.body[key].as_array().unwrap_or_else(|| panic!("no {key} in {}", self.body))
    }
}

/// Calls one department with its credentials.
struct Caller {
    client: Client,
    address: String,
    credentials: Credentials,
    contract: Contract,
}

impl Caller {
    fn of(department: &Department, contract: &str) -> Self {
        LazyLock::force(&CLIENT);
        Self {
            client: Client::builder().no_proxy().build().unwrap(),
            address: department.address(),
            credentials: department.credentials().clone(),
            contract: Contract::read(contract),
        }
    }

    fn request(&self, method: Method, target: &str) -> RequestBuilder {
        let url = if target.starts_with("http") { target.to_owned() } else { format!("{}{target}", self.address) };
        assert!(url.starts_with(&self.address), "{url} leaves the department");
        self.client.request(method, url)
    }

    fn signed(&self, method: Method, target: &str) -> RequestBuilder {
        let request = self.request(method, target);
        match &self.credentials {
            Credentials::Bearer { token } => request.bearer_auth(token),
            Credentials::Basic { user, password } => request.basic_auth(user, Some(password)),
            Credentials::ClientCredentials { .. } => request,
        }
    }

    async fn get(&self, target: &str) -> Reply {
        self.send(self.signed(Method::GET, target)).await
    }

    async fn post(&self, target: &str, body: Value) -> Reply {
        let request = self.signed(Method::POST, target).header("content-type", "application/json");
        self.send(request.body(body.to_string())).await
    }

    async fn send(&self, request: RequestBuilder) -> Reply {
        let request = request.build().unwrap();
        let (method, url) = (request.method().clone(), request.url().clone());
        let response = self.client.execute(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{url}: {error} in {text}"));
        self.contract.hold(&method, url.path(), status, &body);
        Reply { status, headers, body }
    }
}
