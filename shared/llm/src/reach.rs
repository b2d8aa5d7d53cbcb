//! Which addresses may be asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

/// Which addresses may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All.
    Anywhere,
    /// Those that everybody can reach, whatever a name says by the time it is asked for.
    Outside,
}

/// A name that leads to nowhere else than inside the network.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the name leads inside the network; the deployment does not allow that")]
pub(crate) struct Inside;

/// Knows addresses outside only. What is an address already never gets here: it is for who takes it in.
#[derive(Clone, Copy, Debug)]
pub struct Outsiders;

impl Resolve for Outsiders {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = lookup_host((name.as_str(), 0)).await?;
            let outside: Vec<SocketAddr> = found.filter(|address| !is_inner(address.ip())).collect();
            if outside.is_empty() {
                return Err(Inside.into());
            }
            Ok(Box::new(outside.into_iter()) as Addrs)
        })
    }
}

/// Returns whether only machines of the same network can reach it.
#[must_use]
pub fn is_inner(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_inner_v4(address),
        IpAddr::V6(address) => is_inner_v6(address),
    }
}

/// What IANA's registry of special-purpose addresses does not call globally reachable.
fn is_inner_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b))
}

fn is_inner_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // Addresses of version 4 in other clothes: mapped, translated (NAT64), 6to4.
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match segments {
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_inner_v4(v4(high, low))
        }
        [0x2002, high, low, ..] => is_inner_v4(v4(high, low)),
        // Global unicast addresses are those of 2000::/3; of them, some are for documentation.
        [0x2001, 0xdb8, ..] => true,
        [first, ..] => first & 0xe000 != 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_that_leads_inside_is_known_to_nobody() {
        let name = "localhost".parse().unwrap();
        let error = Outsiders.resolve(name).await.err().unwrap();
        assert!(error.is::<Inside>(), "{error}");
    }
}
