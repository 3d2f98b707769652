//! Ctrl-C and SIGTERM, caught throughout the program's life.

use anyhow::{Context as _, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Catches the signals that ask this program to end. Once created, they no longer end it directly.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Starts listening.
    pub fn new() -> Result<Self> {
        let catch = |kind, name| signal(kind).with_context(|| format!("{name} can't be caught"));
        Ok(Self {
            interrupt: catch(SignalKind::interrupt(), "Ctrl-C")?,
            terminate: catch(SignalKind::terminate(), "SIGTERM")?,
        })
    }

    /// Waits for the next signal and returns its name.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "Ctrl-C",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}
