//! Where a request comes from: the connection's other end, or what proxies say that are known here.

use crate::settings::Network;
use std::net::{IpAddr, SocketAddr};

/// The client's address. `forwarded` is `X-Forwarded-For`; it is read from its end, as far as those who wrote it are known.
pub fn client(peer: IpAddr, forwarded: &str, proxies: &[Network]) -> IpAddr {
    let known = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    for hop in forwarded.rsplit(',') {
        if !known(client) {
            break;
        }
        match address(hop.trim()) {
            Some(address) => client = address.to_canonical(),
            None => break,
        }
    }
    client
}

/// Some proxies write the port too.
fn address(hop: &str) -> Option<IpAddr> {
    hop.parse().ok().or_else(|| Some(hop.parse::<SocketAddr>().ok()?.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(peer: &str, forwarded: &str, expected: &str) {
        let proxies = [Network::parse("10.0.0.0/8").unwrap()];
        assert_eq!(client(peer.parse().unwrap(), forwarded, &proxies), expected.parse::<IpAddr>().unwrap());
    }

    #[test]
    fn only_known_proxies_are_believed() {
        check("203.0.113.9", "", "203.0.113.9");
        check("203.0.113.9", "198.51.100.1", "203.0.113.9");
        check("10.0.0.1", "198.51.100.1", "198.51.100.1");
        check("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1");
        check("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1");
        check("10.0.0.1", "nonsense", "10.0.0.1");
        check("10.0.0.1", "198.51.100.1:50000", "198.51.100.1");
        check("10.0.0.1", "[2001:db8::1]:50000", "2001:db8::1");
        check("10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1");
        check("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1");
    }
}
