//! Ctrl-C and SIGTERM, heard from the first moment to the last.

use anyhow::{Context as _, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears what tells this program to end. From its making on, these signals no longer end the program by themselves.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Begins to listen.
    pub fn new() -> Result<Self> {
        let hear = |kind, name| signal(kind).with_context(|| format!("{name} can't be caught"));
        Ok(Self {
            interrupt: hear(SignalKind::interrupt(), "Ctrl-C")?,
            terminate: hear(SignalKind::terminate(), "SIGTERM")?,
        })
    }

    /// Waits for the next one, and gives its name.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "Ctrl-C",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}
