//! Waiting for other processes: reads a value until it is as wanted. If that takes too long, the error shows the last value.

use std::fmt::{Debug, Display};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::net::TcpStream;
use tokio::process::Child;
use tokio::time::{Instant, sleep};

use crate::PATIENCE;

/// The pause between two reads.
const PAUSE: Duration = Duration::from_millis(20);

/// Reads a value until `is` holds for it, and returns it.
pub async fn until<S: Debug>(
    what: impl Display,
    mut read: impl AsyncFnMut() -> Result<S>,
    is: impl Fn(&S) -> bool,
) -> Result<S> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let seen = read().await.with_context(|| format!("waiting until {what}"))?;
        if is(&seen) {
            return Ok(seen);
        }
        ensure!(
            Instant::now() < deadline,
            "not within {PATIENCE:?}: {what}; last seen: {seen:?}"
        );
        sleep(PAUSE).await;
    }
}

/// Waits until a program that this test has started listens on an address. `log` is shown if it does not.
pub async fn until_listens(child: &mut Child, address: impl Display, log: impl Fn() -> String) -> Result<()> {
    let address = address.to_string();
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(&address).await.is_err() {
        if let Some(status) = child.try_wait()? {
            bail!("it ended with {status}: {}", log());
        }
        ensure!(
            Instant::now() < deadline,
            "it does not listen on {address}: {}",
            log()
        );
        sleep(PAUSE).await;
    }
    Ok(())
}
