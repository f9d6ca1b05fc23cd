//! Where a repository lies, and all that git needs to reach it: exactly one protocol, and credentials that no one else sees.

use super::{
    address::{Protocol, protocol},
    private_file::PrivateFile,
};
use crate::destinations::{Target, wrong_field};
use base64::Engine as _;
use domain::{
    Result,
    destination::{GitCredentials, GitStore, SignIn},
};
use std::ffi::OsString;

/// Bytes of a file that holds a password or token.
const LONGEST_SECRET: usize = 16 << 10;

/// An address that was understood, with all that git needs to use it.
#[derive(Clone, Debug, Default)]
pub(super) struct Remote {
    pub url: String,
    pub branch: String,
    pub environment: Vec<(OsString, OsString)>,
    pub secrets: Vec<String>,
    /// Kept for as long as git may open them.
    files: Vec<PrivateFile>,
}

impl Remote {
    /// Understands a store's specification and reads its credentials.
    pub async fn of(target: &Target, store: &GitStore) -> Result<Self> {
        let protocol = protocol(&store.url).map_err(|problem| wrong_field("spec.git.url", &problem))?;
        if !is_branch(&store.branch) {
            return Err(wrong_field("spec.git.branch", "is not a name git accepts for a branch"));
        }
        let mut remote = Self { url: store.url.clone(), branch: store.branch.clone(), ..Self::default() };
        remote.set("GIT_ALLOW_PROTOCOL", protocol.name());
        match (&store.credentials, protocol) {
            (None, Protocol::Ssh) => remote.set("GIT_SSH_COMMAND", &ssh_command("")),
            // a local repository takes no credentials, whatever its document says
            (None, _) | (Some(GitCredentials::Secret { .. }), Protocol::File) => {}
            (Some(GitCredentials::Ssh { key_file, known_hosts_file }), Protocol::Ssh) => {
                for (field, file) in [("keyFile", key_file), ("knownHostsFile", known_hosts_file)] {
                    if !is_plain_file_name(file) {
                        let field = format!("spec.git.credentials.ssh.{field}");
                        return Err(wrong_field(
                            &field,
                            "must be an absolute path of letters, digits and any of / . _ + @ , -",
                        ));
                    }
                }
                remote.set("GIT_SSH_COMMAND", &ssh_command(&identity(key_file, known_hosts_file)));
            }
            (Some(GitCredentials::Basic { username, password_file }), Protocol::Https | Protocol::Http) => {
                let field = "spec.git.credentials.basic.passwordFile";
                let text = tokio::fs::read_to_string(password_file)
                    .await
                    .map_err(|error| wrong_field(field, &format!("cannot be read: {error}")))?;
                remote.sign_in(username, &text, field)?;
            }
            (Some(GitCredentials::Secret { method: SignIn::BasicAuth, .. }), Protocol::Https | Protocol::Http) => {
                let secret = target.secret()?;
                remote.sign_in(secret.text("username")?, secret.text("password")?, "the secret's password")?;
            }
            (Some(GitCredentials::Secret { method: SignIn::Ssh, .. }), Protocol::Ssh) => {
                let secret = target.secret()?;
                let key = PrivateFile::of("key", &whole_lines(secret.any(["sshPrivateKey", "ssh-privatekey"])?))?;
                let hosts = PrivateFile::of("known-hosts", &whole_lines(secret.any(["knownHosts", "known_hosts"])?))?;
                remote.set("GIT_SSH_COMMAND", &ssh_command(&identity(&key.path(), &hosts.path())));
                remote.files = vec![key, hosts];
            }
            (Some(_), _) => {
                return Err(wrong_field(
                    "spec.git.credentials",
                    "does not fit the address: basic is for https, ssh is for ssh, a local path takes none",
                ));
            }
        }
        Ok(remote)
    }

    /// A header in the child's environment: only this user can see it, and unlike an argument it is in no process list. It is tied to the host, and
    /// redirects are not followed.
    fn sign_in(&mut self, username: &str, text: &str, field: &str) -> Result<()> {
        let username = username.trim_end_matches(['\r', '\n']);
        if username.contains(|c: char| c == ':' || c.is_control()) {
            return Err(wrong_field(
                "spec.git.credentials.basic.username",
                "must hold no colon and no control character",
            ));
        }
        let password = text.trim_end_matches(['\r', '\n']);
        if password.is_empty() || password.len() > LONGEST_SECRET || password.contains(char::is_control) {
            return Err(wrong_field(field, "must be one line, the password or token"));
        }
        let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
        let host = self.url.match_indices('/').nth(2).map_or(self.url.as_str(), |(end, _)| &self.url[..end]).to_owned();
        self.set("GIT_CONFIG_COUNT", "1");
        self.set("GIT_CONFIG_KEY_0", &format!("http.{host}/.extraHeader"));
        self.set("GIT_CONFIG_VALUE_0", &format!("Authorization: Basic {encoded}"));
        self.secrets = vec![encoded, password.to_owned()];
        Ok(())
    }

    fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.into(), value.into()));
    }
}

fn is_branch(name: &str) -> bool {
    let forbidden = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    !name.is_empty()
        && name.len() <= 200
        && name != "@"
        && !name.starts_with('-')
        && !name.ends_with('.')
        && !name.contains(forbidden)
        && !name.contains("..")
        && !name.contains("@{")
        && name
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with('.') && !part.to_ascii_lowercase().ends_with(".lock"))
}

/// A key is read to its last line's end.
fn whole_lines(text: &str) -> String {
    format!("{}\n", text.trim_end())
}

fn identity(key_file: &str, known_hosts_file: &str) -> String {
    format!(
        "-i {key_file} -o IdentitiesOnly=yes -o UserKnownHostsFile={known_hosts_file} -o GlobalKnownHostsFile=/dev/null"
    )
}

/// The command is read by a shell and its options by ssh, each with its own quoting: names that need none pass.
fn is_plain_file_name(name: &str) -> bool {
    name.starts_with('/') && name.chars().all(|c| c.is_ascii_alphanumeric() || "/._+@,-".contains(c))
}

/// Without an identity of the store's own, ssh takes the server's user's keys and known hosts.
fn ssh_command(identity: &str) -> String {
    format!(
        "ssh -F /dev/null {identity} -o BatchMode=yes -o StrictHostKeyChecking=yes -o IdentityAgent=none -o ClearAllForwardings=yes \
         -o PermitLocalCommand=no -o ConnectTimeout=15 -o ServerAliveInterval=15 -o ServerAliveCountMax=4"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_are_named_as_git_allows() {
        for name in ["main", "env/prod", "größe"] {
            assert!(is_branch(name), "{name}");
        }
        for name in ["", "-f", "a..b", "a b", "a:b", "a/", "/a", "a.lock", "a/.b", "@{1}", "HEAD^", "a\n", "@"] {
            assert!(!is_branch(name), "{name}");
        }
    }

    #[tokio::test]
    async fn an_address_that_is_not_understood_is_an_error_at_its_field() {
        let store = GitStore { url: "ext::sh".to_owned(), branch: "main".to_owned(), ..GitStore::default() };
        let backend = domain::destination::Backend::Git(store.clone());
        let target = Target { uid: "u".to_owned(), name: "gitops".to_owned(), backend, secret: None };
        let error = Remote::of(&target, &store).await.unwrap_err();
        assert_eq!(error.causes[0].pointer, "/spec/git/url");
    }
}
