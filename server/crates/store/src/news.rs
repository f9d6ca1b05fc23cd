//! Who is told at once that something was committed: here, and by other replicas on the same database.

use crate::{
    db::{Db, Heard},
    object,
};
use tokio::sync::{mpsc, watch};

#[derive(Clone)]
pub struct News {
    versions: watch::Sender<i64>,
    changes: watch::Sender<i64>,
}

impl News {
    pub fn new(version: i64) -> Self {
        Self { versions: watch::Sender::new(version), changes: watch::Sender::new(version) }
    }

    /// Wakes its holder for new versions only.
    pub fn versions(&self) -> watch::Receiver<i64> {
        self.versions.subscribe()
    }

    /// Wakes its holder for logs and events too.
    pub fn changes(&self) -> watch::Receiver<i64> {
        self.changes.subscribe()
    }

    /// Versions only grow, whoever tells of them first.
    pub fn version(&self, version: i64) {
        let raise = |newest: &mut i64| {
            let newer = version > *newest;
            *newest = version.max(*newest);
            newer
        };
        self.versions.send_if_modified(raise);
        self.changes.send_if_modified(raise);
    }

    /// Something was added beside the objects.
    pub fn appended(&self) {
        self.changes.send_modify(|_| ());
    }

    /// Passes on what other replicas tell, as long as the database is open.
    pub async fn hear_others(self, db: Db) {
        let (heard, mut hearing) = mpsc::unbounded_channel();
        let listening = db.listen(move |what| _ = heard.send(what));
        let telling = async {
            while let Some(what) = hearing.recv().await {
                match what {
                    Heard::Version(version) => self.version(version),
                    Heard::Appended => self.appended(),
                    Heard::Gap => {
                        if let Ok(version) = object::version(&db).await {
                            self.version(version);
                        }
                        self.appended();
                    }
                }
            }
        };
        tokio::join!(listening, telling);
    }
}
