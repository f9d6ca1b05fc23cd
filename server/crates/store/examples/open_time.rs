//! How long a start waits for its database: opening a new SQLite file and one that is there. `cargo run -p store --example open_time [directory]`

use std::{path::PathBuf, time::Instant};
use store::Store;

const TIMES: usize = 20;

#[tokio::main]
async fn main() -> domain::Result<()> {
    let above = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let directory = above.join(format!("midspan-open-time-{}", std::process::id()));
    std::fs::create_dir_all(&directory).map_err(domain::Error::internal)?;
    let (mut fresh, mut again) = (Vec::new(), Vec::new());
    for number in 0..TIMES {
        let url = format!("sqlite:{}", directory.join(format!("{number}.db")).display());
        for times in [&mut fresh, &mut again] {
            let begun = Instant::now();
            let store = Store::open(&url).await?;
            times.push(begun.elapsed());
            store.close().await;
        }
    }
    for (what, times) in [("new", &mut fresh), ("there already", &mut again)] {
        times.sort_unstable();
        println!("{what}: median {:?}, longest {:?}", times[TIMES / 2], times[TIMES - 1]);
    }
    std::fs::remove_dir_all(&directory).map_err(domain::Error::internal)
}
