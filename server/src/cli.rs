//! The command line: one binary serves, and talks to a server over the same API as every other client.

/// Printing as everywhere, but a reader that has had enough (`| head`) ends the program quietly instead of in a panic.
macro_rules! println {
    ($($words:tt)*) => { $crate::cli::print::line(format_args!($($words)*)) };
}

mod act;
mod apply;
mod asking;
mod auth;
mod check;
mod client;
mod cordon;
mod credentials;
mod delete;
mod describe;
mod doctor;
mod drift;
mod extend;
mod files;
mod get;
mod health;
mod keep;
mod keys;
mod kinds;
mod logs;
mod new;
mod outputs;
mod pin;
mod print;
mod promise;
mod steps;
mod terminal;
mod token;
mod tree;
mod user;
mod wait;
mod whoami;
mod why;

use crate::{
    config::{self, ServeConfig, TlsFiles},
    settings::Settings,
};
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

#[derive(Parser)]
#[command(
    name = "midspan",
    version,
    about = "A developer portal and a platform orchestrator in one binary",
    max_term_width = 110
)]
struct Cli {
    #[command(flatten)]
    server: ServerArgs,
    #[command(subcommand)]
    command: Command,
}

/// Which server a client talks to, and as whom.
#[derive(Args, Clone, Debug)]
pub struct ServerArgs {
    // read where they are used: clap would name what the environment sets in the usage line of every mistake
    /// Address of the server [env: MIDSPAN_SERVER] [default: http://127.0.0.1:7400]
    #[arg(long, global = true, value_name = "URL")]
    server: Option<String>,
    /// Access token; without one, that of `midspan auth login`; without that, a `--dev` server takes you for its developer, dana [env: MIDSPAN_TOKEN]
    #[arg(long, global = true, value_name = "TOKEN")]
    token: Option<String>,
    /// File with the access token, where none is given [env: MIDSPAN_TOKEN_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Namespace
    #[arg(long, short, global = true, default_value = "default")]
    namespace: String,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server: portal, API and orchestrator
    Serve(Box<ServeArgs>),
    /// Ask for something of the catalog, question by question
    New(new::NewArgs),
    /// Create or change objects from files
    Apply(apply::ApplyArgs),
    /// List objects, or show some
    Get(get::GetArgs),
    /// Show one object with all that is known about it
    Describe(describe::DescribeArgs),
    /// Delete objects
    Delete(delete::DeleteArgs),
    /// Wait until a condition holds
    Wait(wait::WaitArgs),
    /// Print the log of a resource's newest run, or of a run
    Logs(logs::LogsArgs),
    /// Print what a resource gives back
    Outputs(outputs::OutputsArgs),
    /// List what may be asked of a resource
    Actions(act::ActionsArgs),
    /// Ask for one of a resource's actions
    Act(act::ActArgs),
    /// Put off the end of a resource's time
    Extend(extend::ExtendArgs),
    /// Tell how the destinations of a resource stand against what was placed there
    Drift(drift::DriftArgs),
    /// Print a resource with its children, and theirs
    Tree(tree::TreeArgs),
    /// Print why a resource is where it is, or nowhere
    Why(why::WhyArgs),
    /// Have the destinations of a resource chosen anew
    Reschedule(why::RescheduleArgs),
    /// Let a destination take nothing new; what stands there stays
    Cordon(cordon::CordonArgs),
    /// Let a destination take what is new again
    Uncordon(cordon::CordonArgs),
    /// Change the keys that secrets are sealed with
    Keys(keys::KeysArgs),
    /// Check a promise against all that was made from it, before it is applied
    Check(check::CheckArgs),
    /// Hold a resource at a version of its promise
    Pin(pin::PinArgs),
    /// Look at a promise
    Promise(promise::PromiseArgs),
    /// Sign in through a browser, see who you are, sign out
    Auth(auth::AuthArgs),
    /// Make, list and revoke access tokens
    Token(token::TokenArgs),
    /// List people, make and end service accounts
    User(user::UserArgs),
    /// Print which server this talks to, and as whom
    Whoami,
    /// Check this machine and the server
    Doctor(doctor::DoctorArgs),
    /// Print shell completions
    Completion { shell: clap_complete::Shell },
}

#[derive(Args)]
struct ServeArgs {
    /// For trying and developing: demo personas, a local git repository, the starter catalog; this machine only
    #[arg(long)]
    dev: bool,
    /// Directory for everything that is kept
    #[arg(long, value_name = "DIR", env = "MIDSPAN_DATA", default_value = ServeConfig::DATA)]
    data: PathBuf,
    /// Address to listen on
    #[arg(long, value_name = "ADDR", env = "MIDSPAN_LISTEN", default_value = ServeConfig::LISTEN)]
    listen: SocketAddr,
    /// postgres://… for several servers on one database; the embedded database otherwise
    #[arg(long, value_name = "URL", env = "MIDSPAN_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// The key that seals secrets, 32 random bytes in base64; without one, MIDSPAN_KEY or the file `key` in the data directory, made at the first start
    #[arg(long, value_name = "FILE", env = "MIDSPAN_KEY_FILE")]
    key_file: Option<PathBuf>,
    /// Configuration: identity providers, the address browsers come by, trusted proxies
    #[arg(long, value_name = "FILE", env = "MIDSPAN_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    steps: steps::StepArgs,
    #[command(flatten)]
    keep: keep::KeepArgs,
    /// Certificate with its chain, PEM: answer over TLS; plain HTTP is then for this machine only
    #[arg(long, value_name = "FILE", env = "MIDSPAN_TLS_CERT", requires = "tls_key", conflicts_with = "dev")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, PEM
    #[arg(long, value_name = "FILE", env = "MIDSPAN_TLS_KEY", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

/// How a command failed, and with which exit code.
#[derive(Debug)]
pub struct Failure {
    pub message: String,
    pub code: u8,
}

impl Failure {
    pub const ERROR: u8 = 1;
    pub const USAGE: u8 = 2;
    pub const NOT_FOUND: u8 = 3;
    pub const FORBIDDEN: u8 = 4;
    pub const TIMEOUT: u8 = 124;
    /// What a shell says of a program that a closed pipe has ended.
    pub const PIPE_CLOSED: u8 = 141;

    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: Self::ERROR }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: Self::USAGE }
    }
}

pub type Outcome<T = ()> = Result<T, Failure>;

/// Documents may nest a hundred levels deep, and what reads them calls itself at each. Memory is taken only as far as it is used.
const STACK: usize = 16 * 1024 * 1024;

/// Runs the command line and returns its exit code: 0 done, 1 error, 2 usage, 3 not found, 4 forbidden, 124 timed out, 141 nobody reads on.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    crate::tls::install_provider();
    let runtime = match tokio::runtime::Builder::new_multi_thread().thread_stack_size(STACK).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

async fn run(cli: Cli) -> Outcome {
    let server = cli.server;
    match cli.command {
        Command::Serve(args) => Box::pin(serve(*args)).await,
        Command::New(args) => new::run(&server, args).await,
        Command::Apply(args) => apply::run(&server, args).await,
        Command::Get(args) => get::run(&server, args).await,
        Command::Describe(args) => describe::run(&server, args).await,
        Command::Delete(args) => delete::run(&server, args).await,
        Command::Wait(args) => wait::run(&server, args).await,
        Command::Logs(args) => logs::run(&server, args).await,
        Command::Outputs(args) => outputs::run(&server, args).await,
        Command::Actions(args) => act::list(&server, args).await,
        Command::Act(args) => act::run(&server, args).await,
        Command::Extend(args) => extend::run(&server, args).await,
        Command::Drift(args) => drift::run(&server, args).await,
        Command::Tree(args) => tree::run(&server, args).await,
        Command::Why(args) => why::run(&server, args).await,
        Command::Reschedule(args) => why::reschedule(&server, args).await,
        Command::Cordon(args) => cordon::run(&server, args, true).await,
        Command::Uncordon(args) => cordon::run(&server, args, false).await,
        Command::Keys(args) => keys::run(args).await,
        Command::Check(args) => check::run(&server, args).await,
        Command::Pin(args) => pin::run(&server, args).await,
        Command::Promise(args) => promise::run(&server, args).await,
        Command::Auth(args) => auth::run(&server, args).await,
        Command::Token(args) => token::run(&server, args).await,
        Command::User(args) => user::run(&server, args).await,
        Command::Whoami => whoami::run(&server).await,
        Command::Doctor(args) => doctor::run(&server, args).await,
        Command::Completion { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "midspan", &mut script);
            println!("{}", String::from_utf8_lossy(&script).trim_end());
            Ok(())
        }
    }
}

async fn serve(args: ServeArgs) -> Outcome {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(config::log_filter()))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()) && !config::no_color())
        .init();
    if args.dev && !args.listen.ip().is_loopback() {
        return Err(Failure::usage(
            "--dev signs everybody in, so it listens on this machine only; leave --listen out or give 127.0.0.1",
        ));
    }
    let tls = args.tls_cert.zip(args.tls_key).map(|(certificate, key)| TlsFiles { certificate, key });
    let settings =
        args.config.as_deref().map(Settings::read).transpose().map_err(|error| Failure::usage(error.message))?;
    let settings = settings.unwrap_or_default();
    let ServeArgs { data, listen, database, dev, key_file, steps, keep, .. } = args;
    let ground = steps.ground()?;
    let retention = keep.retention();
    let config = ServeConfig { data, listen, database, dev, key_file, ground, retention, settings, tls };
    crate::serve::serve(config).await.map_err(|error| Failure::new(format!("{error:#}")))
}
