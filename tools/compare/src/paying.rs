//! A separate paying process that is killed at a point.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use crate::kind::Kind;
use crate::program::Programs;
use crate::stop::HALTED;
use crate::system::{Payment, System};

/// How long a payment may take to reach its point.
const REACHED_WITHIN: Duration = Duration::from_secs(30);

/// Makes a payment in a separate process, and kills it at the point.
pub(crate) async fn kill_at(
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
    let stdout = child.stdout.take().context("its output is a pipe")?;
    let mut lines = BufReader::new(stdout).lines();
    let line = timeout(REACHED_WITHIN, lines.next_line()).await;
    let line = line
        .with_context(|| format!("the payment did not reach point {point:?} within {REACHED_WITHIN:?}"))??;
    child.kill().await.context("the paying process can't be killed")?;
    match line.as_deref().and_then(|line| line.strip_prefix(HALTED)) {
        Some(reached) if reached == point => Ok(()),
        _ => bail!(
            "the payment ended before point {point:?}: {}",
            line.unwrap_or_default()
        ),
    }
}
