//! What `http` steps, probes and releases may call: what the operator has listed, by name or by network. A name is judged again by every
//! address it stands for at the moment of the call, so that no name leads where an address would not.

use domain::{Error, Result};
use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

/// What may be called: whatever one of these lets through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach(Vec<Allowance>);

/// One thing the operator has listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// Everything, this machine and its network too.
    Any,
    /// What stands on the public internet.
    Public,
    Network {
        base: IpAddr,
        bits: u8,
    },
    /// A host by its name, wherever that leads.
    Host(String),
    /// All hosts below a domain.
    Below(String),
}

impl Default for Reach {
    fn default() -> Self {
        Self(vec![Allowance::Public])
    }
}

impl Reach {
    pub fn any() -> Self {
        Self(vec![Allowance::Any])
    }

    /// `None` when nothing is listed.
    pub fn of(listed: Vec<Allowance>) -> Option<Self> {
        (!listed.is_empty()).then_some(Self(listed))
    }

    pub(super) fn is_any(&self) -> bool {
        self.0.contains(&Allowance::Any)
    }

    /// Whether a call may be tried. What a name stands for is judged when it is looked up.
    pub(super) fn check(&self, url: &Url) -> Result<()> {
        let host = url.host_str().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        match address {
            Ok(address) if self.admits(address) => Ok(()),
            Err(_) if self.names(host) || self.0.iter().any(|one| !one.is_name()) => Ok(()),
            _ => Err(Error::forbidden(self.refusal(host))),
        }
    }

    fn names(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.0.iter().any(|one| match one {
            Allowance::Host(name) => *name == host,
            Allowance::Below(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
            _ => false,
        })
    }

    fn admits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|one| match one {
            Allowance::Any => true,
            Allowance::Public => is_public(address),
            Allowance::Network { base, bits } => within(address, *base, *bits),
            Allowance::Host(_) | Allowance::Below(_) => false,
        })
    }

    fn refusal(&self, what: &str) -> String {
        let listed = self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        format!("{what} may not be called from here: the server lets steps call {listed} (`serve --http-allow`)")
    }
}

impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.clone();
        Box::pin(async move {
            let host = name.as_str();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host, 0)).await?.collect();
            let named = reach.names(host);
            let (may, not): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| named || reach.admits(one.ip()));
            match (may.is_empty(), not.first()) {
                (true, Some(address)) => {
                    let told = reach.refusal(&format!("{host}, which is {},", address.ip().to_canonical()));
                    Err(io::Error::new(io::ErrorKind::PermissionDenied, told).into())
                }
                _ => Ok(Box::new(may.into_iter()) as Addrs),
            }
        })
    }
}

/// Why a call was not made, where a name stood for what may not be called.
pub(super) fn refused(error: &reqwest::Error) -> Option<Error> {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let denied = error.downcast_ref::<io::Error>().filter(|error| error.kind() == io::ErrorKind::PermissionDenied);
        if let Some(denied) = denied.filter(|error| error.raw_os_error().is_none()) {
            return Some(Error::forbidden(denied.to_string()));
        }
        cause = error.source();
    }
    None
}

impl Allowance {
    fn is_name(&self) -> bool {
        matches!(self, Self::Host(_) | Self::Below(_))
    }
}

impl FromStr for Allowance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim().to_ascii_lowercase();
        match text.as_str() {
            "any" => return Ok(Self::Any),
            "public" => return Ok(Self::Public),
            _ => {}
        }
        let (base, bits) = text.split_once('/').map_or((text.as_str(), None), |(base, bits)| (base, Some(bits)));
        if let Ok(base) = base.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            let most = if base.is_ipv4() { 32 } else { 128 };
            let bits = bits.map_or(Ok(most), str::parse).ok().filter(|bits| *bits <= most);
            let bits = bits.ok_or_else(|| format!("a network ends in /0 to /{most}"))?;
            return Ok(Self::Network { base, bits });
        }
        let name = text.strip_prefix("*.").unwrap_or(&text);
        let word = |word: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            !word.is_empty() && word.chars().all(plain)
        };
        if !name.split('.').all(word) || name.split('.').all(|word| word.chars().all(|c| c.is_ascii_digit())) {
            return Err(
                "name `public`, `any`, a host, *.domain, an address, or a network such as 10.0.0.0/8".to_owned()
            );
        }
        Ok(if name.len() < text.len() { Self::Below(name.to_owned()) } else { Self::Host(name.to_owned()) })
    }
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any address"),
            Self::Public => f.write_str("public addresses"),
            Self::Network { base, bits } => write!(f, "{base}/{bits}"),
            Self::Host(name) => f.write_str(name),
            Self::Below(domain) => write!(f, "*.{domain}"),
        }
    }
}

/// Neither this machine nor its network, nor what networks keep for themselves.
fn is_public(address: IpAddr) -> bool {
    const NOT_V4: [(Ipv4Addr, u8); 14] = [
        (Ipv4Addr::UNSPECIFIED, 8),
        (Ipv4Addr::new(10, 0, 0, 0), 8),
        (Ipv4Addr::new(100, 64, 0, 0), 10),
        (Ipv4Addr::new(127, 0, 0, 0), 8),
        // where clouds answer with credentials
        (Ipv4Addr::new(169, 254, 0, 0), 16),
        (Ipv4Addr::new(172, 16, 0, 0), 12),
        (Ipv4Addr::new(192, 0, 0, 0), 24),
        (Ipv4Addr::new(192, 0, 2, 0), 24),
        (Ipv4Addr::new(192, 88, 99, 0), 24),
        (Ipv4Addr::new(192, 168, 0, 0), 16),
        (Ipv4Addr::new(198, 18, 0, 0), 15),
        (Ipv4Addr::new(198, 51, 100, 0), 24),
        (Ipv4Addr::new(203, 0, 113, 0), 24),
        (Ipv4Addr::new(224, 0, 0, 0), 3),
    ];
    // within what is given out: tunnels that hold an older address, and examples
    const NOT_V6: [(Ipv6Addr, u8); 3] = [
        (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
        (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
        (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    ];
    match address {
        IpAddr::V4(_) => !NOT_V4.iter().any(|(base, bits)| within(address, (*base).into(), *bits)),
        IpAddr::V6(_) => {
            let given_out = within(address, Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0).into(), 3);
            given_out && !NOT_V6.iter().any(|(base, bits)| within(address, (*base).into(), *bits))
        }
    }
}

fn within(address: IpAddr, base: IpAddr, bits: u8) -> bool {
    let number = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(u32::from(address)) << 96,
        IpAddr::V6(address) => u128::from(address),
    };
    let shift = 128 - u32::from(bits);
    let head = |address: IpAddr| number(address).checked_shr(shift).unwrap_or(0);
    address.is_ipv4() == base.is_ipv4() && head(address) == head(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(listed: &str) -> Reach {
        Reach::of(listed.split_whitespace().map(|one| one.parse().unwrap()).collect()).unwrap()
    }

    #[track_caller]
    fn check(listed: &str, url: &str, may: bool) {
        let told = reach(listed).check(&Url::parse(url).unwrap());
        assert_eq!(told.is_ok(), may, "{listed}: {url}: {told:?}");
    }

    #[test]
    fn however_it_is_written_this_machine_and_its_network_are_not_public() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.100.200",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:a9fe:a9fe]",
            "[::127.0.0.1]",
            "[64:ff9b::a9fe:a9fe]",
            "[2002:7f00:1::]",
            "[2001:0:7f00:1::]",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "[ff02::1]",
        ] {
            check("public", &format!("http://{host}/"), false);
            check("any", &format!("http://{host}/"), true);
        }
        for host in ["1.1.1.1", "172.32.0.1", "[2606:4700::1111]", "example.com"] {
            check("public", &format!("https://{host}/"), true);
        }
    }

    #[test]
    fn what_is_listed_may_be_called_and_nothing_beside_it() {
        check("10.1.0.0/16 127.0.0.1", "http://10.1.9.9/", true);
        check("10.1.0.0/16 127.0.0.1", "http://10.2.0.1/", false);
        check("10.1.0.0/16 127.0.0.1", "http://127.0.0.2/", false);
        check("fd00::/8", "http://[fd12::1]/", true);
        check("0.0.0.0/0", "http://[::1]/", false);
        check("api.example.com", "https://API.example.com:8443/x", true);
        check("api.example.com", "https://api.example.com./x", true);
        check("api.example.com", "https://example.com/", false);
        check("api.example.com", "https://1.1.1.1/", false);
        check("*.example.com", "https://a.b.example.com/", true);
        check("*.example.com", "https://example.com/", false);
        check("*.example.com", "https://badexample.com/", false);
    }

    #[test]
    fn what_is_no_allowance_is_refused() {
        for text in ["", "10.0.0.0/33", "10.0.0/8", "http://example.com", "a..b", "*.", "exa mple", "::1/129"] {
            assert!(text.parse::<Allowance>().is_err(), "{text:?}");
        }
    }

    #[tokio::test]
    async fn a_name_leads_nowhere_an_address_would_not() {
        let found = async |listed: &str| {
            let resolved = reach(listed).resolve("localhost".parse().unwrap()).await;
            resolved.map(Iterator::count).map_err(|error| error.to_string())
        };
        let refused = found("public").await.unwrap_err();
        assert!(refused.starts_with("localhost, which is ") && refused.contains("--http-allow"), "{refused}");
        assert!(found("public localhost").await.unwrap() > 0);
        assert!(found("127.0.0.0/8 ::1").await.unwrap() > 0);
    }
}
