//! A kubeconfig for the development server, with a context for each persona.

use crate::private_file;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use std::{fmt::Write as _, io, net::SocketAddr, path::Path};

/// A context: what it is called, and the token it speaks with.
pub struct Context<'a> {
    pub name: &'a str,
    pub token: &'a str,
}

/// Writes the file for a server at this address; the first context is the current one.
pub fn write(path: &Path, address: SocketAddr, authority: &[u8], contexts: &[Context]) -> io::Result<()> {
    private_file::write(path, &text(address, authority, contexts))
}

fn text(address: SocketAddr, authority: &[u8], contexts: &[Context]) -> String {
    let authority = BASE64_STANDARD.encode(authority);
    let current = contexts.first().map(|context| context.name).unwrap_or_default();
    let mut text = format!(
        "# Written anew at each start of `midspan serve --dev`.\n\
         apiVersion: v1\n\
         kind: Config\n\
         current-context: {current}\n\
         clusters:\n\
         - name: midspan\n\
         \x20 cluster: {{server: \"https://{address}\", certificate-authority-data: {authority}}}\n"
    );
    text.push_str("users:\n");
    for Context { name, token } in contexts {
        let _ = writeln!(text, "- name: {name}\n  user: {{token: {token}}}");
    }
    text.push_str("contexts:\n");
    for Context { name, .. } in contexts {
        let _ = writeln!(text, "- name: {name}\n  context: {{cluster: midspan, user: {name}, namespace: default}}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_context_is_the_current_one() {
        let contexts = [Context { name: "developer", token: "mspn_1" }, Context { name: "platform", token: "mspn_2" }];
        insta::assert_snapshot!(text(SocketAddr::from(([127, 0, 0, 1], 7400)), b"CERTIFICATE", &contexts), @r#"
        # Written anew at each start of `midspan serve --dev`.
        apiVersion: v1
        kind: Config
        current-context: developer
        clusters:
        - name: midspan
          cluster: {server: "https://127.0.0.1:7400", certificate-authority-data: Q0VSVElGSUNBVEU=}
        users:
        - name: developer
          user: {token: mspn_1}
        - name: platform
          user: {token: mspn_2}
        contexts:
        - name: developer
          context: {cluster: midspan, user: developer, namespace: default}
        - name: platform
          context: {cluster: midspan, user: platform, namespace: default}
        "#);
    }
}
