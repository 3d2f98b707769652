//! The log of a coordinator of two-phase commit: which transactions are to be committed, known before anybody is told.
//!
//! What is not in it is to be rolled back ("presumed abort"). Decisions that come while the disk is busy share the next sync.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::thread;

use anyhow::{Context as _, Result, anyhow};
use tokio::sync::{mpsc, oneshot};

/// How many decisions may wait for the disk.
const WAITING: usize = 1_024;

/// A decision, and whom to tell that it is on the disk.
type Decision = (String, oneshot::Sender<io::Result<()>>);

/// The log, open to be written.
#[derive(Debug)]
pub(super) struct Decisions(mpsc::Sender<Decision>);

impl Decisions {
    /// Begins a log, or goes on with it.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let opened = OpenOptions::new().create(true).append(true).open(path);
        let file = opened.with_context(|| format!("{} can't be written", path.display()))?;
        let (decided, decisions) = mpsc::channel(WAITING);
        thread::Builder::new()
            .name("decisions".to_owned())
            .spawn(move || write(file, decisions))
            .context("a thread for the log")?;
        Ok(Self(decided))
    }

    /// Comes back when it is on the disk that this transaction is to be committed.
    pub(super) async fn commit(&self, transaction: &str) -> Result<()> {
        let (tell, told) = oneshot::channel();
        let gone = || anyhow!("the coordinator's log is closed");
        let decision = (transaction.to_owned(), tell);
        self.0.send(decision).await.map_err(|_| gone())?;
        told.await.map_err(|_| gone())?.context("the coordinator's log")
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
        for (_, tell) in batch {
            // Who has gone away is not told.
            let _ = tell.send(written.as_ref().map_err(|error| error.kind().into()).copied());
        }
    }
}

/// The transactions that a coordinator has decided to commit; of a torn last line, nothing.
pub(super) fn read(path: &Path) -> Result<BTreeSet<String>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    Ok(whole.lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_decided_is_read_again_and_a_torn_line_is_not() {
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
