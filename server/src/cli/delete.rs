//! `midspan delete`: asks for the deletion and, unless told otherwise, waits until everything of it is gone.

use super::{Failure, Outcome, ServerArgs, client::Client, kinds, print::single_line};
use clap::Args;
use std::time::{Duration, Instant};

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct DeleteArgs {
    /// A kind, then names; or kind/name
    #[arg(required = true, value_name = "KIND[/NAME]")]
    what: Vec<String>,
    /// Return at once instead of waiting until it is gone
    #[arg(long)]
    no_wait: bool,
    /// Delete a promise with everything made from it
    #[arg(long)]
    cascade: bool,
    /// How long to wait
    #[arg(long, default_value = "5m", value_name = "DURATION", value_parser = super::wait::duration)]
    timeout: Duration,
    /// Nothing to delete is fine
    #[arg(long)]
    ignore_not_found: bool,
    /// Though others use its outputs
    #[arg(long)]
    force: bool,
}

pub async fn run(server: &ServerArgs, args: DeleteArgs) -> Outcome {
    let client = Client::new(server)?;
    let (kind, names) = kinds::targets(&client, &args.what).await?;
    if names.is_empty() {
        return Err(Failure::usage(format!("which {}? Give a name", kind.plural)));
    }
    let until = Instant::now() + args.timeout;
    for name in names {
        let path = kind.item(&server.namespace, &name);
        let mut how = Vec::new();
        if args.force {
            how.push("gracePeriodSeconds=0");
        }
        if args.cascade {
            how.push("propagationPolicy=Foreground");
        }
        let asked = if how.is_empty() { path.clone() } else { format!("{path}?{}", how.join("&")) };
        let warnings = match client.delete(&asked).await {
            Err(failure) if failure.code == Failure::NOT_FOUND && args.ignore_not_found => continue,
            deleted => deleted?,
        };
        for warning in warnings {
            eprintln!("warning: {}", single_line(&warning));
        }
        if args.no_wait {
            println!("{}/{name} is being deleted", kind.singular);
        } else {
            gone(&client, &path, &format!("{}/{name}", kind.singular), until).await?;
            println!("{}/{name} deleted", kind.singular);
        }
    }
    Ok(())
}

async fn gone(client: &Client, path: &str, what: &str, until: Instant) -> Outcome {
    loop {
        let said = match client.get(path).await {
            Err(failure) if failure.code == Failure::NOT_FOUND => return Ok(()),
            Err(failure) => return Err(failure),
            Ok(object) => object["status"]["message"].as_str().unwrap_or_default().to_owned(),
        };
        if Instant::now() >= until {
            return Err(Failure { message: format!("{what} is still there: {said}"), code: Failure::TIMEOUT });
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
