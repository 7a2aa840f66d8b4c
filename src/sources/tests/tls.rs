//! A source that is spoken to over TLS: whom the gateway trusts, and who it is.

use std::future::pending;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::super::{Settings, Tls};
use super::world::{Spec, world};

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 37\r\n\r\n";
const BODY: &[u8] = b"{\"people\":[{\"id\":\"a\",\"name\":\"Ada!\"}]}";

/// A certificate with its key.
struct Signed {
    certificate: Certificate,
    key: KeyPair,
}

/// An authority, and who it vouches for.
struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority { certificate: params.self_signed(&key).unwrap(), issuer: Issuer::new(params, key) }
    }

    fn sign(&self, name: &str) -> Signed {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        Signed { certificate: params.signed_by(&key, &self.issuer).unwrap(), key }
    }
}

/// A server called `localhost` that answers those whom the authority vouches for.
async fn open(authority: &Authority) -> String {
    let Signed { certificate, key } = authority.sign("localhost");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate.der().clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(&[HEAD, BODY].concat()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    format!("https://localhost:{port}")
}

/// A server that speaks HTTP/2 alone.
#[derive(Default)]
struct Modern {
    connections: AtomicUsize,
    requests: AtomicUsize,
    /// Its first connection neither answers nor reads, although it stays open.
    is_stuck: AtomicBool,
}

impl Modern {
    async fn open(self: &Arc<Self>, authority: &Authority) -> String {
        let Signed { certificate, key } = authority.sign("localhost");
        let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (server, acceptor) = (server.clone(), acceptor.clone());
                tokio::spawn(async move { server.speak(acceptor.accept(stream).await.unwrap()).await });
            }
        });
        format!("https://localhost:{port}")
    }

    async fn speak(&self, stream: TlsStream<TcpStream>) {
        let number = self.connections.fetch_add(1, Ordering::SeqCst);
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            self.requests.fetch_add(1, Ordering::SeqCst);
            if number == 0 && self.is_stuck.load(Ordering::SeqCst) {
                pending::<()>().await;
            }
            let head = http::Response::builder().header("content-type", "application/json").body(()).unwrap();
            respond.send_response(head, false).unwrap().send_data(Bytes::from_static(BODY), true).unwrap();
        }
    }

    fn seen(&self) -> (usize, usize) {
        (self.connections.load(Ordering::SeqCst), self.requests.load(Ordering::SeqCst))
    }
}

#[tokio::test]
async fn where_http_2_is_offered_one_connection_carries_all_and_a_stuck_one_is_left() {
    let (authority, server) = (Authority::new(), Arc::new(Modern::default()));
    let url = server.open(&authority).await;
    let tls = Tls { ca: Some(authority.certificate.pem()), ..Tls::default() };
    let world = world(&url, Spec { max_size: Some(1), ..Spec::default() }, Settings { tls, ..Settings::default() });
    assert_eq!(world.ask("a").await, ["Ada!"]);
    for waiter in [(); 5].map(|()| world.submit("a")) {
        assert_eq!(waiter.told().await, ["Ada!"]);
    }
    assert_eq!(server.seen(), (1, 6));
    server.is_stuck.store(true, Ordering::SeqCst);
    assert_eq!(world.ask("a").await, ["Ada!"], "over another connection");
    assert_eq!(server.seen(), (2, 8));
}

async fn asked(url: &str, tls: Tls) -> String {
    let settings = Settings { tls, ..Settings::default() };
    world(url, Spec::default(), settings).ask("a").await.remove(0)
}

#[tokio::test]
async fn a_source_with_an_authority_of_its_own_is_trusted_and_shown_who_asks() {
    let authority = Authority::new();
    let url = open(&authority).await;
    let ca = Some(authority.certificate.pem());
    let us = authority.sign("c360");
    let (certificate, key) = (Some(us.certificate.pem()), Some(us.key.serialize_pem().into()));
    let known = Tls { ca: ca.clone(), certificate, key, ..Tls::default() };
    assert_eq!(asked(&url, known.clone()).await, "Ada!");
    assert_eq!(asked(&url, Tls { system_roots: false, ..known.clone() }).await, "Ada!");
    for stranger in [Tls { ca: None, ..known.clone() }, Tls { certificate: None, key: None, ..known.clone() }] {
        let told = asked(&url, stranger).await;
        assert!(told.starts_with("UNAVAILABLE: support "), "{told}");
    }
    let other = Authority::new().sign("c360");
    let forged =
        Tls { certificate: Some(other.certificate.pem()), key: Some(other.key.serialize_pem().into()), ..known };
    assert!(asked(&url, forged).await.starts_with("UNAVAILABLE: support "));
}

#[test]
fn settings_of_tls_that_cannot_be_used_are_told_without_quoting_them() {
    let us = Authority::new().sign("c360");
    let (certificate, key) = (us.certificate.pem(), us.key.serialize_pem());
    for (tls, expected) in [
        (Tls { ca: Some("hunter2".into()), ..Tls::default() }, "tls.ca: expected certificates in PEM"),
        (
            Tls { system_roots: false, ..Tls::default() },
            "tls.system_roots: without them and without tls.ca nobody is trusted",
        ),
        (
            Tls { certificate: Some(certificate.clone()), ..Tls::default() },
            "tls.certificate and tls.key: expected both or none",
        ),
        (
            Tls { certificate: Some(key.clone()), key: Some(key.into()), ..Tls::default() },
            "tls.certificate: expected certificates in PEM",
        ),
        (
            Tls { certificate: Some(certificate), key: Some("hunter2".into()), ..Tls::default() },
            "tls.key: expected a private key in PEM",
        ),
    ] {
        assert_eq!(tls.set_up(reqwest::Client::builder()).err().as_deref(), Some(expected));
    }
}
