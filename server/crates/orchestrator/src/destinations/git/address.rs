//! The four forms of address that are understood; nothing else reaches git.

use std::net::IpAddr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    File,
    Https,
    Http,
    Ssh,
}

impl Protocol {
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Https => "https",
            Self::Http => "http",
            Self::Ssh => "ssh",
        }
    }
}

/// Which of the four forms an address has; everything else (`ext::`, options, other schemes) is none of them.
pub fn protocol(url: &str) -> Result<Protocol, String> {
    if url.len() > 2048 || url.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err("must not hold spaces, control characters or backslashes".to_owned());
    }
    if url.starts_with('/') {
        return Ok(Protocol::File);
    }
    if let Some(rest) = url.strip_prefix("https://") {
        return web_host(rest).map(|_| Protocol::Https);
    }
    if let Some(rest) = url.strip_prefix("http://") {
        let host = web_host(rest)?;
        let here = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        return if here { Ok(Protocol::Http) } else { Err("must be https: http is for this machine only".to_owned()) };
    }
    let (user_host, path) = match url.strip_prefix("ssh://") {
        Some(rest) => rest.split_once('/').ok_or("has no path")?,
        None => url.split_once(':').filter(|(host, _)| host.contains('@')).ok_or(FORMS)?,
    };
    let (user, host) = user_host.split_once('@').unwrap_or(("git", user_host));
    let host = if url.starts_with("ssh://") { without_port(host)? } else { host };
    let named =
        |part: &str| !part.starts_with('-') && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if user.is_empty() || !named(user) {
        return Err("has a user name other than letters, digits and ._- (a password does not belong here)".to_owned());
    }
    if path.is_empty() || path.starts_with(['-', ':']) {
        return Err("has no plain path".to_owned());
    }
    may_be_asked(host).map(|_| Protocol::Ssh)
}

const FORMS: &str = "must be an absolute path, https://host/path, ssh://git@host/path or git@host:path";

/// The host of what follows `https://`.
fn web_host(rest: &str) -> Result<&str, String> {
    let (authority, path) = rest.split_once('/').ok_or("has no path")?;
    if authority.contains('@') {
        return Err("must not hold credentials: name a file with them in spec.git.credentials".to_owned());
    }
    if path.is_empty() || path.contains(['?', '#']) {
        return Err("must end in the repository's path, without ? and #".to_owned());
    }
    may_be_asked(without_port(authority)?)
}

fn without_port(authority: &str) -> Result<&str, String> {
    let bracketed = authority.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (host, port) = match bracketed {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    match port {
        Some(port) if port.parse::<u16>().is_err() => Err("has a port that is no number".to_owned()),
        _ => Ok(host),
    }
}

/// Private addresses are where most repositories live, and a state store is written by the platform team. What no repository has is a
/// link-local address (where clouds keep their metadata), an unspecified one, or a number in disguise.
fn may_be_asked(host: &str) -> Result<&str, String> {
    let problem = Err(format!("has {host:?} for a host, which is no name or address of a git server"));
    match host.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V4(ip)) if ip.is_link_local() || ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast() => {
            problem
        }
        Ok(IpAddr::V6(ip)) if ip.is_unicast_link_local() || ip.is_unspecified() || ip.is_multicast() => problem,
        Ok(_) => Ok(host),
        Err(_) => {
            let labels = host.trim_end_matches('.').split('.');
            let name = |label: &str| {
                !label.is_empty()
                    && !label.starts_with('-')
                    && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
            };
            // The C library reads 0x7f.1, 2130706433 and 017700000001 as addresses.
            let last = labels.clone().next_back().unwrap_or_default();
            let number = last.starts_with(|c: char| c.is_ascii_digit());
            if !number && labels.clone().all(name) { Ok(host) } else { problem }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: Option<&str>) {
        assert_eq!(protocol(url).ok().map(Protocol::name), expected, "{url}");
    }

    #[test]
    fn four_forms_are_understood() {
        check("/srv/git/fleet.git", Some("file"));
        check("https://git.example.com/team/fleet.git", Some("https"));
        check("https://[2001:db8::1]:8443/fleet.git", Some("https"));
        check("https://10.1.2.3/fleet.git", Some("https"));
        check("http://127.0.0.1:3000/fleet.git", Some("http"));
        check("ssh://git@git.example.com:2222/fleet.git", Some("ssh"));
        check("git@git.example.com:team/fleet.git", Some("ssh"));
    }

    #[test]
    fn nothing_else_reaches_git() {
        for url in [
            "",
            "fleet.git",
            "../fleet.git",
            "-oProxyCommand=id",
            "--upload-pack=id",
            "ext::sh -c id",
            "ext::id",
            "git::ext::id",
            "::x",
            "file:///etc",
            "git://example.com/x",
            "ftp://example.com/x",
            "http://example.com/x",
            "https://example.com",
            "https://user:secret@example.com/x",
            "https://example.com/x?y",
            "ssh://-oProxyCommand=id/x",
            "ssh://git@-oProxyCommand=id/x",
            "-x@host:path",
            "git@-host:path",
            "git@host:-path",
            "git@host:",
            "git@host::path",
            "user name@host:x",
            "https://exa\nmple.com/x",
            "https://169.254.169.254/latest",
            "https://[::ffff:169.254.169.254]/x",
            "https://[fe80::1]/x",
            "https://0.0.0.0/x",
            "https://2852039166/x",
            "https://0xa9fea9fe/x",
            "https://0251.0376.0251.0376/x",
            "https://169.254.43518/x",
            "https://[::]/x",
            "https://example.com:port/x",
            "http://localhost.evil.com/x",
            "ssh://git:secret@host/x",
            "https:///x",
            "https://a..b/x",
        ] {
            check(url, None);
        }
    }
}
