//! Where a paying process stands still, to be killed there.
//!
//! A process can die at any moment, but what it leaves behind depends only on which of its steps are durable. So a payment names
//! the points between its steps, and a process that is started for the purpose stands still at one of them, says so, and waits for
//! its SIGKILL.

use std::future::pending;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use crate::kind::Kind;
use crate::program::Programs;
use crate::system::{Payment, System};

/// How long a payment may take to reach its point.
const REACHED_WITHIN: Duration = Duration::from_secs(30);
/// What the process says there.
const STANDS: &str = "stands still: ";

/// The point at which this process stands still, if any.
#[derive(Clone, Debug, Default)]
pub struct Stop(Option<String>);

impl Stop {
    /// Goes on to the end.
    pub fn never() -> Self {
        Self(None)
    }

    /// Stands still at this point.
    pub fn at_point(point: &str) -> Self {
        Self(Some(point.to_owned()))
    }

    /// A step is done. If this is the point, what follows never happens.
    pub async fn at(&self, point: &str) {
        if self.is(point) {
            // Who waits for this line kills us when it comes; if it can't be written, it kills us later.
            let _ = wallet_terminal::output::line(&format!("{STANDS}{point}"));
            pending::<()>().await;
        }
    }

    /// Of two steps that are taken at once, the second: it is not taken if the process dies between them.
    pub async fn unless<T>(&self, point: &str, step: impl Future<Output = T>) -> T {
        if self.is(point) {
            pending::<()>().await;
        }
        step.await
    }

    fn is(&self, point: &str) -> bool {
        self.0.as_deref() == Some(point)
    }
}

/// Makes a payment in a process of its own, and kills that at the point.
pub async fn kill_at(
    programs: &Programs,
    kind: Kind,
    system: &dyn System,
    point: &str,
    payment: &Payment,
) -> Result<()> {
    let way = serde_json::to_string(&system.way())?;
    let Payment {
        id,
        payer,
        payee,
        cents,
    } = payment;
    let mut child = Command::new(&programs.own)
        .args(["pay", "--system", kind.name(), "--way", &way, "--point", point])
        .args(["--id", &id.to_string(), "--payer", &payer.to_string()])
        .args(["--payee", &payee.to_string(), "--cents", &cents.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{} can't be started", programs.own.display()))?;
    let said = child.stdout.take().context("its output is a pipe")?;
    let mut lines = BufReader::new(said).lines();
    let line = timeout(REACHED_WITHIN, lines.next_line()).await;
    let line =
        line.with_context(|| format!("the payment did not come to {point:?} within {REACHED_WITHIN:?}"))??;
    child.kill().await.context("the paying process can't be killed")?;
    match line.as_deref().and_then(|line| line.strip_prefix(STANDS)) {
        Some(reached) if reached == point => Ok(()),
        _ => bail!(
            "the payment ended before it came to {point:?}: {}",
            line.unwrap_or_default()
        ),
    }
}
