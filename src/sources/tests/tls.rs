//! A source that is spoken to over TLS: whom the gateway trusts, and who it is.

use std::net::Ipv4Addr;
use std::sync::Arc;

use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::super::{Settings, Tls};
use super::world::{Spec, world};

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 37\r\n\r\n{\"people\":[{\"id\":\"a\",\"name\":\"Ada!\"}]}";

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
                let _ = stream.write_all(ANSWER).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    format!("https://localhost:{port}")
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
