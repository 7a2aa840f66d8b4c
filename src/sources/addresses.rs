//! Which addresses may be connected to. A name may lead anywhere, also into the gateway's own network; what may be found
//! there depends on who chose the name.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use serde::Deserialize;
use url::Host;

/// Whether a source may be at an address of a private network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrivateAddresses {
    /// Where schema or settings name the host; not where a source's answer does.
    #[default]
    Configured,
    /// Wherever the host comes from.
    Always,
    /// Never by a name; an address that schema or settings write out is meant.
    Never,
}

/// The hosts of one source.
#[derive(Debug, PartialEq)]
pub(super) struct Hosts {
    policy: PrivateAddresses,
    /// Those that schema or settings name; `None`: there are no others.
    configured: Option<BTreeSet<String>>,
    /// Those of them that are written as addresses.
    written: BTreeSet<IpAddr>,
}

/// A name that leads nowhere where anybody may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the host's addresses are not among those that may be connected to")]
pub(super) struct Closed;

/// What an address is, by the network that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network {
    Public,
    Private,
    /// Of this link, of no one, of many, or where clouds keep their machines' secrets.
    Never,
}

impl Hosts {
    pub fn new(policy: PrivateAddresses, configured: Option<BTreeSet<String>>) -> Hosts {
        let address = |host: &String| host.trim_start_matches('[').trim_end_matches(']').parse().ok();
        let written = configured.iter().flatten().filter_map(address).collect();
        Hosts { policy, configured, written }
    }

    /// Whether a host that is written as an address may be connected to; names are looked at when they are resolved.
    pub fn allows(&self, host: Option<Host<&str>>) -> bool {
        let address = match host {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) | None => return true,
        };
        self.configured.is_none() || self.written.contains(&address) || self.reaches(address, false)
    }

    pub fn is_configured(&self, name: &str) -> bool {
        self.configured.as_ref().is_none_or(|known| known.contains(name))
    }

    pub fn reaches(&self, address: IpAddr, is_configured: bool) -> bool {
        match network(address) {
            Network::Public => true,
            Network::Never => false,
            Network::Private => match self.policy {
                PrivateAddresses::Configured => is_configured,
                PrivateAddresses::Always => true,
                PrivateAddresses::Never => false,
            },
        }
    }
}

/// Resolves names by the system, and keeps the addresses that may be connected to.
pub(super) struct Resolver(pub Arc<Hosts>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let hosts = self.0.clone();
        Box::pin(async move {
            let is_configured = hosts.is_configured(&name.as_str().to_ascii_lowercase());
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let open: Vec<SocketAddr> = found.filter(|found| hosts.reaches(found.ip(), is_configured)).collect();
            if open.is_empty() {
                return Err(Closed.into());
            }
            let addresses: Addrs = Box::new(open.into_iter());
            Ok(addresses)
        })
    }
}

pub(super) fn network(address: IpAddr) -> Network {
    match address {
        IpAddr::V4(address) => network_v4(address),
        IpAddr::V6(address) => match within(address) {
            Some(inner) => network_v4(inner),
            None => network_v6(address),
        },
    }
}

/// Registries: IANA's special-purpose addresses of IPv4.
fn network_v4(address: Ipv4Addr) -> Network {
    match address.octets() {
        // Where clouds answer for their machines: link-local, and those of Alibaba, Oracle and Azure (its wire server).
        [169, 254, ..] | [100, 100, 100, 200] | [192, 0, 0, 192] | [168, 63, 129, 16] => Network::Never,
        [0, ..] | [224..=255, ..] => Network::Never,
        [10, ..] | [127, ..] | [192, 168, ..] | [172, 16..=31, ..] | [100, 64..=127, ..] | [198, 18..=19, ..] => {
            Network::Private
        }
        _ => Network::Public,
    }
}

fn network_v6(address: Ipv6Addr) -> Network {
    match address.segments() {
        // AWS's metadata, in the midst of unique local addresses.
        [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254] => Network::Never,
        [0, 0, 0, 0, 0, 0, 0, 0] | [0xfe80..=0xfebf, ..] | [0xff00..=0xffff, ..] => Network::Never,
        // A translator of this network's own (RFC 8215): it is asked for what it leads to, wherever that is.
        [0x64, 0xff9b, 1, ..] => match network_v4(behind(address)) {
            Network::Never => Network::Never,
            Network::Public | Network::Private => Network::Private,
        },
        [0, 0, 0, 0, 0, 0, 0, 1] | [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => Network::Private,
        _ => Network::Public,
    }
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, translated (RFC 2765, RFC 6052) or 6to4.
fn within(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let joined = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(joined(high, low)),
        [0, 0, 0, 0, 0, 0, high, low] if (high, low) != (0, 0) && (high, low) != (0, 1) => Some(joined(high, low)),
        [0x2002, high, low, ..] => Some(joined(high, low)),
        _ => None,
    }
}

/// The IPv4 address within one of 64:ff9b:1::/48, whose prefix is 48, 56, 64 or 96 bits long (RFC 6052 §2.2); the shorter
/// ones leave zeros behind it.
fn behind(address: Ipv6Addr) -> Ipv4Addr {
    match address.octets() {
        [_, _, _, _, _, _, a, b, 0, c, d, 0, 0, 0, 0, 0]
        | [_, _, _, _, _, _, _, a, 0, b, c, d, 0, 0, 0, 0]
        | [_, _, _, _, _, _, _, _, 0, a, b, c, d, 0, 0, 0]
        | [_, _, _, _, _, _, _, _, _, _, _, _, a, b, c, d] => Ipv4Addr::new(a, b, c, d),
    }
}
