//! Asks for one thing after the other, as soon as each is allowed, and again and again until it is acknowledged.

use crate::{
    promise::Wish,
    server::Start,
    site::{Gone, Site},
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinHandle};

pub struct Submitter {
    allowed: watch::Sender<usize>,
    address: watch::Sender<Option<String>>,
    asking: JoinHandle<usize>,
}

impl Submitter {
    pub fn start(site: Arc<Site>, how: Start, wishes: Vec<Wish>) -> Self {
        let (allowed, mut may) = watch::channel(0);
        let (address, mut up) = watch::channel(None::<String>);
        let asking = tokio::spawn(async move {
            let mut unanswered = 0;
            for (at, wish) in wishes.iter().enumerate() {
                may.wait_for(|allowed| at < *allowed).await.unwrap();
                loop {
                    let address = up.wait_for(Option::is_some).await.unwrap().clone().unwrap();
                    let Err(Gone) = site.ask(&how, &address, wish).await else { break };
                    // the server was killed in the middle of it; the next one is asked
                    unanswered += 1;
                    let other = up.wait_for(|now| now.as_ref() != Some(&address));
                    let _ = tokio::time::timeout(Duration::from_secs(1), other).await;
                }
            }
            unanswered
        });
        Self { allowed, address, asking }
    }

    pub fn allow(&self, more: usize) {
        self.allowed.send_modify(|allowed| *allowed += more);
    }

    /// Where the server is now, if one is up.
    pub fn direct(&self, address: Option<String>) {
        self.address.send_replace(address);
    }

    /// Waits until everything is acknowledged. Returns how often an answer did not come.
    pub async fn finish(self) -> usize {
        self.allow(usize::MAX / 2);
        self.asking.await.unwrap()
    }
}
