//! The certificate of a development server, signed by an authority that signs nothing else: its key is forgotten at once.

use crate::{private_file, tls};
use anyhow::{Context as _, Result};
use domain::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::{
    RootCertStore, ServerConfig,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier as _},
    pki_types::{ServerName, UnixTime},
};
use std::{
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

const DAY: Duration = Duration::from_hours(24);

/// How long a certificate is good for.
const LIFETIME: Duration = DAY.saturating_mul(365);

/// One that ends within this time is made anew.
const RENEWAL: Duration = DAY.saturating_mul(30);

/// What stands in the directory of certificates.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// What a client has to trust.
    pub authority: PathBuf,
    chain: PathBuf,
    key: PathBuf,
}

impl Certificate {
    /// The certificate of this directory for a server at this address, made anew if it is missing, damaged, for other names, or ends soon.
    pub fn in_directory(directory: &Path, address: IpAddr, now: Timestamp) -> Result<Self> {
        let [authority, chain, key] = ["ca.crt", "server.crt", "server.key"].map(|name| directory.join(name));
        let found = Self { authority, chain, key };
        let names = names(address);
        if found.usable(&names, now + RENEWAL).is_err() {
            found
                .make(&names, now)
                .with_context(|| format!("no certificate can be made in {}", directory.display()))?;
        }
        Ok(found)
    }

    pub fn server_config(&self) -> Result<Arc<ServerConfig>> {
        tls::server_config(&self.chain, &self.key)
    }

    /// Whether a client that trusts the authority would accept this server at that time, by each of these names.
    fn usable(&self, names: &[String], at: Timestamp) -> Result<()> {
        self.server_config()?;
        let mut roots = RootCertStore::empty();
        for authority in tls::certificates(&self.authority)? {
            roots.add(authority)?;
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), tls::provider()).build()?;
        let chain = tls::certificates(&self.chain)?;
        let at = UnixTime::since_unix_epoch(at.since(Timestamp::from_micros(0)));
        for name in names {
            verifier.verify_server_cert(&chain[0], &chain[1..], &ServerName::try_from(name.as_str())?, &[], at)?;
        }
        Ok(())
    }

    fn make(&self, names: &[String], now: Timestamp) -> Result<()> {
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "Midspan development");
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let mut server = CertificateParams::new(names)?;
        server.distinguished_name.push(DnType::CommonName, "midspan serve --dev");
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        server.use_authority_key_identifier_extension = true;
        for params in [&mut authority, &mut server] {
            // clocks differ a little between a machine and its virtual machines
            params.not_before = instant(now, false, DAY)?;
            params.not_after = instant(now, true, LIFETIME)?;
        }
        let (authority_key, server_key) = (KeyPair::generate()?, KeyPair::generate()?);
        let authority_certificate = authority.self_signed(&authority_key)?;
        let certificate = server.signed_by(&server_key, &Issuer::new(authority, authority_key))?;
        private_file::write(&self.key, &server_key.serialize_pem())?;
        fs::write(&self.chain, certificate.pem())?;
        fs::write(&self.authority, authority_certificate.pem())?;
        Ok(())
    }
}

fn names(address: IpAddr) -> Vec<String> {
    let mut names = ["localhost", "127.0.0.1", "::1"].map(ToOwned::to_owned).to_vec();
    let own = address.to_string();
    if !names.contains(&own) {
        names.push(own);
    }
    names
}

fn instant(now: Timestamp, later: bool, by: Duration) -> Result<time::OffsetDateTime> {
    let now = time::OffsetDateTime::from_unix_timestamp(now.micros() / 1_000_000)?;
    let by = time::Duration::try_from(by)?;
    let at = if later { now.checked_add(by) } else { now.checked_sub(by) };
    at.context("a time out of range")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

    struct Directory(PathBuf);

    impl Directory {
        fn new(name: &str) -> Self {
            Self(std::env::temp_dir().join(format!("midspan-certificate-{name}-{}", std::process::id())))
        }

        /// The server's certificate as it stands after a start at that time.
        fn started(&self, address: [u8; 4], now: Timestamp) -> String {
            let certificate = Certificate::in_directory(&self.0, IpAddr::from(address), now).unwrap();
            fs::read_to_string(certificate.chain).unwrap()
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_certificate_is_kept_until_it_ends_soon() {
        let directory = Directory::new("kept");
        let first = directory.started([127, 0, 0, 1], NOW);
        assert_eq!(directory.started([127, 0, 0, 1], NOW + DAY * 300), first);
        assert_ne!(directory.started([127, 0, 0, 1], NOW + DAY * 340), first);
    }

    #[test]
    fn a_certificate_that_nobody_would_accept_is_made_anew() {
        let directory = Directory::new("anew");
        let first = directory.started([127, 0, 0, 1], NOW);
        let elsewhere = directory.started([127, 0, 0, 2], NOW);
        assert_ne!(elsewhere, first);
        fs::remove_file(directory.0.join("ca.crt")).unwrap();
        let whole_again = directory.started([127, 0, 0, 2], NOW);
        assert_ne!(whole_again, elsewhere);
        fs::write(directory.0.join("server.key"), "no key").unwrap();
        assert_ne!(directory.started([127, 0, 0, 2], NOW), whole_again);
    }

    #[test]
    fn only_its_owner_reads_the_key_and_nobody_keeps_the_authoritys() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = Directory::new("key");
        directory.started([127, 0, 0, 1], NOW);
        let mut files: Vec<_> = fs::read_dir(&directory.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        assert_eq!(files, ["ca.crt", "server.crt", "server.key"]);
        assert_eq!(fs::metadata(directory.0.join("server.key")).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
