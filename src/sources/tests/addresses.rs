//! Where connections may lead.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use reqwest::dns::Resolve;
use url::Host;

use super::super::addresses::{Hosts, Network, PrivateAddresses, Resolver, network};

#[test]
fn addresses_by_their_network() {
    for (address, expected) in [
        ("8.8.8.8", Network::Public),
        ("2606:4700::1111", Network::Public),
        ("172.32.0.1", Network::Public),
        ("10.1.2.3", Network::Private),
        ("172.16.0.1", Network::Private),
        ("192.168.1.1", Network::Private),
        ("127.0.0.1", Network::Private),
        ("100.64.0.1", Network::Private),
        ("::1", Network::Private),
        ("fd12::1", Network::Private),
        ("::ffff:10.0.0.1", Network::Private),
        ("64:ff9b::7f00:1", Network::Private),
        ("2002:7f00:1::", Network::Private),
        ("::ffff:0:10.0.0.1", Network::Private),
        ("::ffff:0:8.8.8.8", Network::Public),
        ("64:ff9b:1::8.8.8.8", Network::Private),
        ("64:ff9b:1:808:8:800::", Network::Private),
        ("169.254.169.254", Network::Never),
        ("168.63.129.16", Network::Never),
        ("::ffff:0:169.254.169.254", Network::Never),
        ("64:ff9b:1::169.254.169.254", Network::Never),
        ("64:ff9b:1:a9fe:a9:fe00::", Network::Never),
        ("64:ff9b:1:a9:fe:a9fe::", Network::Never),
        ("64:ff9b:1:0:a9:fea9:fe00:0", Network::Never),
        ("::ffff:169.254.169.254", Network::Never),
        ("fd00:ec2::254", Network::Never),
        ("100.100.100.200", Network::Never),
        ("fe80::1", Network::Never),
        ("0.0.0.0", Network::Never),
        ("::", Network::Never),
        ("224.0.0.1", Network::Never),
        ("255.255.255.255", Network::Never),
        ("ff02::1", Network::Never),
    ] {
        assert_eq!(network(address.parse().unwrap()), expected, "{address}");
    }
}

#[test]
fn who_named_a_host_decides_whether_it_may_be_private() {
    let known = || Some(BTreeSet::from(["crm.example".to_owned(), "10.0.0.7".to_owned()]));
    let private = "10.0.0.1".parse().unwrap();
    let link = "169.254.169.254".parse().unwrap();
    for (policy, configured, told) in [
        (PrivateAddresses::Configured, true, false),
        (PrivateAddresses::Always, true, true),
        (PrivateAddresses::Never, false, false),
    ] {
        let hosts = Hosts::new(policy, known());
        assert_eq!(hosts.reaches(private, hosts.is_configured("crm.example")), configured, "{policy:?}");
        assert_eq!(hosts.reaches(private, hosts.is_configured("other.example")), told, "{policy:?}");
        assert!(!hosts.reaches(link, true), "{policy:?}");
        assert!(hosts.allows(Some(Host::Ipv4(Ipv4Addr::new(10, 0, 0, 7)))), "written out: {policy:?}");
        assert_eq!(hosts.allows(Some(Host::Ipv4(Ipv4Addr::new(10, 0, 0, 8)))), told, "{policy:?}");
        assert!(!hosts.allows(Some(Host::Ipv4(Ipv4Addr::new(169, 254, 169, 254)))), "{policy:?}");
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_followed_where_an_answer_named_it() {
    let resolve = |policy, configured: &str| {
        let hosts = Hosts::new(policy, Some(BTreeSet::from([configured.to_owned()])));
        Resolver(Arc::new(hosts)).resolve("localhost".parse().unwrap())
    };
    assert!(resolve(PrivateAddresses::Configured, "localhost").await.is_ok());
    assert!(resolve(PrivateAddresses::Configured, "crm.example").await.is_err());
    assert!(resolve(PrivateAddresses::Always, "crm.example").await.is_ok());
    assert!(resolve(PrivateAddresses::Never, "localhost").await.is_err());
}
