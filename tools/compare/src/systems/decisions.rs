//! The log of a coordinator of two-phase commit: which transactions are to be committed, recorded before any participant is told.
//!
//! A transaction that is not in it is to be rolled back ("presumed abort"). Decisions that arrive while the disk is busy share
//! the next sync.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::thread;

use anyhow::{Context as _, Result, anyhow};
use tokio::sync::{mpsc, oneshot};

/// How many decisions may wait for the disk.
const WAITING: usize = 1_024;

/// A decision, and the channel on which its durability is reported.
type Decision = (String, oneshot::Sender<io::Result<()>>);

/// The log, open for writing.
#[derive(Debug)]
pub(super) struct Decisions(mpsc::Sender<Decision>);

impl Decisions {
    /// Creates a log, or continues an existing one.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let opened = OpenOptions::new().create(true).append(true).open(path);
        let file = opened.with_context(|| format!("{} can't be written", path.display()))?;
        let (decided, decisions) = mpsc::channel(WAITING);
        thread::Builder::new()
            .name("decisions".to_owned())
            .spawn(move || write(file, decisions))
            .context("the log's thread can't be started")?;
        Ok(Self(decided))
    }

    /// Returns once the decision to commit this transaction is durable.
    pub(super) async fn commit(&self, transaction: &str) -> Result<()> {
        let (reply, done) = oneshot::channel();
        let closed = || anyhow!("the coordinator's log is closed");
        let decision = (transaction.to_owned(), reply);
        self.0.send(decision).await.map_err(|_| closed())?;
        done.await
            .map_err(|_| closed())?
            .context("the coordinator's log can't be written")
    }
}

fn write(mut file: File, mut decisions: mpsc::Receiver<Decision>) {
    while let Some(first) = decisions.blocking_recv() {
        let mut batch = vec![first];
        while let Ok(next) = decisions.try_recv() {
            batch.push(next);
        }
        let mut text = String::new();
        for (name, _) in &batch {
            text.push_str(name);
            text.push('\n');
        }
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
        for (_, reply) in batch {
            // The receiver may be gone.
            let _ = reply.send(written.as_ref().map_err(|error| error.kind().into()).copied());
        }
    }
}

/// The transactions that a coordinator has decided to commit; a torn last line is ignored.
pub(super) fn read(path: &Path) -> Result<BTreeSet<String>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    Ok(whole.lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn decisions_are_read_back_without_a_torn_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let log = Decisions::open(&path).unwrap();
        let (one, other) = tokio::join!(log.commit("one"), log.commit("other"));
        one.and(other).unwrap();
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"thi").unwrap();
        let known: Vec<String> = read(&path).unwrap().into_iter().collect();
        assert_eq!(known, ["one", "other"]);
    }
}
