//! A PostgreSQL of our own for one test run: a temporary directory, a free port on 127.0.0.1, gone afterwards.

use crate::{apt, shell};
use anyhow::{Context, Result, bail, ensure};
use std::{
    env, fs,
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

pub struct Postgres {
    programs: PathBuf,
    directory: PathBuf,
    account: Option<Account>,
    port: u16,
    server: Child,
}

/// PostgreSQL refuses to run as root; the package brings an account for it.
#[derive(Clone, Copy)]
struct Account {
    user: u32,
    group: u32,
}

impl Postgres {
    /// Installs PostgreSQL if it is missing, starts one and waits until it answers.
    pub fn start() -> Result<Self> {
        let programs = installed()?;
        let account = if apt::is_root() { Some(Account::named("postgres")?) } else { None };
        let directory = env::temp_dir().join(format!("midspan-postgres-{}", process::id()));
        fs::create_dir(&directory).with_context(|| directory.display().to_string())?;
        if let Some(Account { user, group }) = account {
            std::os::unix::fs::chown(&directory, Some(user), Some(group))?;
        }
        initialise(&programs, &directory, account)?;

        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = fs::File::create(directory.join("log.txt"))?;
        let mut command = as_account(&programs.join("postgres"), account);
        command.arg("-D").arg(directory.join("data")).arg("-k").arg(&directory);
        command.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-c", "max_connections=200"]);
        // The data lives for one run: losing it to a power cut is fine.
        command.args(["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"]);
        let server = command
            .current_dir(&directory)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start postgres")?;
        let mut postgres = Self { programs, directory, account, port, server };
        postgres.wait_until_ready()?;
        Ok(postgres)
    }

    /// What the tests are given.
    pub fn url(&self) -> String {
        format!("postgres://midspan@127.0.0.1:{}/postgres", self.port)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(30);
        let port = self.port.to_string();
        while Instant::now() < deadline {
            if let Some(status) = self.server.try_wait()? {
                let log = fs::read_to_string(self.directory.join("log.txt")).unwrap_or_default();
                bail!("PostgreSQL ended with {status}:\n{log}");
            }
            let mut ask = Command::new(self.programs.join("pg_isready"));
            if shell::output(ask.args(["-q", "-h", "127.0.0.1", "-p", &port])).is_ok() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        bail!("PostgreSQL did not answer within 30 seconds")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // pg_ctl reads the pid from the data directory, and leaves no shared memory behind, as a plain kill would.
        let mut stop = as_account(&self.programs.join("pg_ctl"), self.account);
        stop.args(["stop", "--silent", "--mode", "immediate", "-D"]).arg(self.directory.join("data"));
        let stopped = shell::run(stop.current_dir(&self.directory));
        if stopped.is_err() {
            let _ = self.server.kill();
        }
        let _ = self.server.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

impl Account {
    fn named(name: &str) -> Result<Self> {
        let id = |flag| -> Result<u32> { Ok(shell::output(Command::new("id").args([flag, name]))?.parse()?) };
        Ok(Self { user: id("-u")?, group: id("-g")? })
    }
}

/// The directory of the newest installed PostgreSQL's programs.
pub fn installed() -> Result<PathBuf> {
    if newest().is_none() {
        apt::packages(&["postgresql"]).context("the store's tests need PostgreSQL")?;
    }
    newest().context("package postgresql brought no /usr/lib/postgresql/*/bin/postgres")
}

fn newest() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let numbered = versions.filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())));
    let mut programs: Vec<_> = numbered.map(|(version, path)| (version, path.join("bin"))).collect();
    programs.retain(|(_, directory)| directory.join("postgres").exists());
    programs.into_iter().max().map(|(_, directory)| directory)
}

fn initialise(programs: &Path, directory: &Path, account: Option<Account>) -> Result<()> {
    let mut initdb = as_account(&programs.join("initdb"), account);
    initdb.args(["--username=midspan", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"]);
    let made = initdb.arg(directory.join("data")).current_dir(directory).output().context("cannot start initdb")?;
    ensure!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));
    Ok(())
}

fn as_account(program: &Path, account: Option<Account>) -> Command {
    let mut command = Command::new(program);
    if let Some(Account { user, group }) = account {
        command.uid(user).gid(group);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::{Postgres, newest};
    use std::net::TcpStream;

    #[test]
    fn a_server_of_our_own_answers_and_leaves_nothing_behind() {
        if newest().is_none() {
            return; // the gate installs it; `cargo test` alone installs nothing
        }
        let postgres = Postgres::start().expect("PostgreSQL starts");
        let (directory, address) = (postgres.directory.clone(), ("127.0.0.1", postgres.port));
        assert!(TcpStream::connect(address).is_ok());
        drop(postgres);
        assert!(!directory.exists());
        assert!(TcpStream::connect(address).is_err());
    }
}
