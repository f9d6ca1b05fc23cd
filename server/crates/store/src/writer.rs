//! The one task that writes. It takes whatever has queued up while the last group was being stored, and stores it as one database transaction:
//! the more callers wait, the more of them share one flush to the disk.
//!
//! A group is read, decided in memory ([`crate::batch`]) and written with a handful of statements, however many transactions it holds. A refused
//! transaction answers its caller and leaves nothing behind. If the database itself refuses the group, each of its transactions is tried alone,
//! so that one that cannot be stored spoils none of the others.

use crate::{
    batch::Step,
    db::{self, Db, Notice, Tx},
    guard,
    log::LogChunk,
    news::News,
    object::Number,
    op::{Committed, Op},
    queue::{Claim, Lease},
    rows,
    statement::Statement,
};
use domain::{Error, Result};
use tokio::sync::{mpsc, oneshot, watch};

/// Transactions that may wait for the writer; callers beyond wait to get in.
const WAITING: usize = 4096;
/// Bounds of one group: what a reader may wait for, and what is held in memory twice.
const GROUP: usize = 256;
const GROUP_BYTES: usize = 4 << 20;

#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
    /// Why the last group could not be stored, if it could not.
    trouble: watch::Receiver<Option<Error>>,
}

enum Job {
    Store(Transaction),
    Close(oneshot::Sender<()>),
}

struct Transaction {
    steps: Vec<Step>,
    reply: oneshot::Sender<Result<Outcome>>,
}

#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub committed: Committed,
    pub leases: Vec<Lease>,
    /// Rows that plain statements changed.
    pub affected: u64,
}

/// What became of a group.
struct Stored {
    outcomes: Vec<Result<Outcome>>,
    version: i64,
    /// No object has changed, but there is something new to read.
    appended: bool,
}

/// Why a group was not stored.
enum Failure {
    /// Nothing of it is there.
    Before(sqlx::Error),
    /// It may or may not be there.
    AtCommit(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Before(error)
    }
}

impl Writer {
    /// Starts the task. It ends when the last handle is dropped and everything accepted is stored.
    pub fn start(db: Db, news: News) -> Self {
        let (queue, incoming) = mpsc::channel(WAITING);
        let checkpoint = std::sync::Arc::new(tokio::sync::Notify::new());
        let checkpoints = tokio::spawn(keep_log_short(db.clone(), std::sync::Arc::clone(&checkpoint)));
        let (told, trouble) = watch::channel(None);
        tokio::spawn(async move {
            write_groups(&db, incoming, &news, &checkpoint, &told).await;
            checkpoints.abort();
        });
        Self { queue, trouble }
    }

    /// Why the database has taken nothing since the last attempt. A heartbeat is attempt enough, so this is soon over when its reason is.
    pub fn trouble(&self) -> Option<Error> {
        self.trouble.borrow().clone()
    }

    pub async fn commit(&self, ops: Vec<Op>) -> Result<Committed> {
        let steps = ops.into_iter().map(Step::new).collect::<Result<_>>()?;
        Ok(self.write(steps).await?.committed)
    }

    pub async fn claim(&self, claim: Claim) -> Result<Vec<Lease>> {
        Ok(self.write(vec![Step::Claim(claim)]).await?.leases)
    }

    pub async fn log(&self, chunks: impl IntoIterator<Item = LogChunk>) -> Result<()> {
        self.write(chunks.into_iter().map(Step::Log).collect()).await.map(|_| ())
    }

    /// Statements that cannot be refused; returns how many rows they changed.
    pub async fn statements(&self, statements: Vec<Statement>) -> Result<u64> {
        Ok(self.write(statements.into_iter().map(Step::Statement).collect()).await?.affected)
    }

    /// Takes nothing more; returns when everything taken so far is stored.
    pub async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        if self.queue.send(Job::Close(reply)).await.is_ok() {
            let _ = answer.await;
        }
    }

    async fn write(&self, steps: Vec<Step>) -> Result<Outcome> {
        let closed = || Error::unavailable("the store is closed");
        let (reply, answer) = oneshot::channel();
        self.queue.send(Job::Store(Transaction { steps, reply })).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

async fn write_groups(
    db: &Db,
    mut incoming: mpsc::Receiver<Job>,
    news: &News,
    checkpoint: &tokio::sync::Notify,
    trouble: &watch::Sender<Option<Error>>,
) {
    let mut closing = None;
    while let Some(first) = incoming.recv().await {
        let (mut group, mut bytes) = (Vec::new(), 0);
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Store(transaction) => {
                    bytes += size(&transaction);
                    group.push(transaction);
                }
                Job::Close(closed) => {
                    incoming.close();
                    closing = Some(closed);
                }
            }
            next = if group.len() < GROUP && bytes < GROUP_BYTES { incoming.try_recv().ok() } else { None };
        }
        trouble.send_replace(write_group(db, group, news).await);
        checkpoint.notify_one();
        db.truncate_log().await;
    }
    if let Some(closed) = closing {
        let _ = closed.send(());
    }
}

/// Says why the last of it was not stored, if it was not.
async fn write_group(db: &Db, group: Vec<Transaction>, news: &News) -> Option<Error> {
    let mut refused = None;
    for group in apart(group) {
        refused = write_together(db, group, news).await;
    }
    refused
}

/// The group in its order, with whoever looks around alone: what the others do must be in the rows by then.
fn apart(group: Vec<Transaction>) -> Vec<Vec<Transaction>> {
    let mut groups: Vec<Vec<Transaction>> = Vec::new();
    let mut open = false;
    for transaction in group {
        let alone = transaction.steps.iter().any(Step::looks_around);
        match groups.last_mut().filter(|_| open && !alone) {
            Some(last) => last.push(transaction),
            None => groups.push(vec![transaction]),
        }
        open = !alone;
    }
    groups
}

async fn write_together(db: &Db, group: Vec<Transaction>, news: &News) -> Option<Error> {
    let steps: Vec<&[Step]> = group.iter().map(|transaction| transaction.steps.as_slice()).collect();
    let mut stored = store(db, &steps).await;
    if matches!(&stored, Err(Failure::Before(error)) if db::is_passing(error)) {
        stored = store(db, &steps).await;
    }
    match stored {
        Ok(Stored { outcomes, version, appended }) => {
            news.version(version);
            if appended {
                news.appended();
            }
            answer(group, outcomes);
            None
        }
        Err(Failure::Before(error)) if group.len() > 1 && !db::is_passing(&error) && !db::is_full(&error) => {
            tracing::warn!(%error, transactions = group.len(), "a group was refused by the database; its transactions are tried one by one");
            let mut refused = None;
            for transaction in group {
                refused = Box::pin(write_together(db, vec![transaction], news)).await;
            }
            refused
        }
        Err(failure) => {
            let error = match &failure {
                Failure::Before(error) => db::write_error(error),
                Failure::AtCommit(error) if db::is_full(error) => db::write_error(error),
                Failure::AtCommit(error) => db::commit_error(error),
            };
            tracing::error!(%error, transactions = group.len(), "transactions were not stored");
            let outcomes = group.iter().map(|_| Err(error.clone())).collect();
            answer(group, outcomes);
            Some(error)
        }
    }
}

/// One database transaction: the write lock, what is there, what shall be, the claims, the end.
async fn store(db: &Db, group: &[&[Step]]) -> Result<Stored, Failure> {
    let (mut tx, before) = db.begin::<Number>(rows::LOCK).await?;
    match store_in(&mut tx, before.map_or(0, |row| row.number), group).await {
        Ok((stored, notice)) => {
            tx.commit(notice.as_ref()).await.map_err(Failure::AtCommit)?;
            Ok(stored)
        }
        Err(error) => {
            tx.roll_back().await;
            Err(Failure::Before(error))
        }
    }
}

async fn store_in(tx: &mut Tx, before: i64, group: &[&[Step]]) -> sqlx::Result<(Stored, Option<Notice>)> {
    let mut batch = rows::read(tx, before, group).await?;
    let decided: Vec<Result<Committed>> = match guard::refusal(tx, group).await? {
        Some(refusal) => vec![Err(refusal)],
        None => group.iter().map(|steps| batch.apply(steps)).collect(),
    };
    let version = batch.version;
    let accepted = || group.iter().zip(&decided).enumerate().filter(|(_, (_, outcome))| outcome.is_ok());

    let mut statements = rows::left_by(&batch, before);
    let (mut plain, first_plain) = (Vec::new(), statements.len());
    for (place, (steps, _)) in accepted() {
        for step in *steps {
            if let Step::Statement(statement) = step {
                plain.push(place);
                statements.push(statement.clone());
            }
        }
    }
    statements.extend(rows::added_by(accepted().flat_map(|(_, (steps, _))| steps.iter())));
    let done = tx.run(statements).await?;

    // who is told of a new version looks anyway
    let appended = version == before && accepted().flat_map(|(_, (steps, _))| steps.iter()).any(Step::is_told);
    let mut outcomes: Vec<Result<Outcome>> =
        decided.into_iter().map(|one| one.map(|committed| Outcome { committed, ..Outcome::default() })).collect();
    for (place, done) in plain.into_iter().zip(done.into_iter().skip(first_plain)) {
        if let Ok(outcome) = &mut outcomes[place] {
            outcome.affected += done.affected;
        }
    }
    // what the others of the group have woken is there to be claimed
    for (steps, outcome) in group.iter().zip(&mut outcomes) {
        for step in *steps {
            if let (Step::Claim(claim), Ok(claimed)) = (step, &mut *outcome) {
                match rows::claim(tx, claim).await? {
                    Ok(leases) => claimed.leases = leases,
                    Err(error) => *outcome = Err(error),
                }
            }
        }
    }
    let notice = (appended || version > before).then_some(Notice { version, appended_only: appended });
    Ok((Stored { outcomes, version, appended }, notice))
}

fn answer(group: Vec<Transaction>, outcomes: Vec<Result<Outcome>>) {
    for (transaction, outcome) in group.into_iter().zip(outcomes) {
        // a caller that went away does not undo what it asked for
        let _ = transaction.reply.send(outcome);
    }
}

fn size(transaction: &Transaction) -> usize {
    transaction.steps.iter().map(Step::bytes).sum()
}

/// The log's file keeps its length once it has grown, since writing over it is faster than making it longer: so its length alone would ask for a
/// checkpoint after every commit.
async fn keep_log_short(db: Db, wanted: std::sync::Arc<tokio::sync::Notify>) {
    const AT_MOST_EVERY: std::time::Duration = std::time::Duration::from_millis(500);
    loop {
        wanted.notified().await;
        if db.checkpoint().await {
            tokio::time::sleep(AT_MOST_EVERY).await;
        }
    }
}
