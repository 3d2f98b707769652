//! An orderly stop with a time limit: whatever hangs, the process exits and names it.
//!
//! Each step has its own time limit, after which it is abandoned. Should even that not help (a thread that never yields, a log
//! pipe that nobody reads), a dedicated thread ends the process. Supervisors allow more: Docker and `wallet up` kill a process
//! that is still there after ten seconds.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::{error, warn};

/// The limit for the whole stop, which exceeds the limits of all steps together.
const WITHIN: Duration = Duration::from_secs(8);
/// The limit for the final log message.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The step of the stop that is in progress.
type Step = Arc<Mutex<&'static str>>;

/// Catches SIGTERM and Ctrl-C. Once created, these no longer end the process directly, but within the time limit.
pub(super) struct Signals {
    heard: watch::Receiver<Option<&'static str>>,
    step: Step,
}

impl Signals {
    /// Starts listening, on a dedicated thread because the others may hang.
    pub(super) fn listen() -> anyhow::Result<Self> {
        let step: Step = Arc::new(Mutex::new("the start to complete"));
        let (sender, heard) = watch::channel(None);
        let (ready, listens) = mpsc::channel();
        let hanging = Arc::clone(&step);
        thread::spawn(move || {
            if let Err(error) = hear(&sender, &ready) {
                // The receiver is gone if the program has ended.
                let _ = ready.send(Err(error));
                return;
            }
            thread::sleep(WITHIN);
            exit(*hanging.lock().unwrap_or_else(PoisonError::into_inner));
        });
        listens.recv().context("signals can't be caught")??;
        Ok(Self { heard, step })
    }

    /// Waits for the first signal and returns its name.
    pub(super) async fn next(&self) -> &'static str {
        let mut heard = self.heard.clone();
        let name = heard.wait_for(Option::is_some).await;
        name.ok()
            .and_then(|name| *name)
            .unwrap_or("the end of the signals")
    }

    /// Begins the stop.
    pub(super) fn shutdown(&self) -> Shutdown {
        Shutdown {
            step: Arc::clone(&self.step),
            is_clean: true,
        }
    }
}

/// Returns when a signal has arrived.
fn hear(
    sender: &watch::Sender<Option<&'static str>>,
    ready: &mpsc::Sender<anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).context("SIGTERM can't be caught")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT can't be caught")?;
        ready.send(Ok(())).context("the receiver is gone")?;
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        sender.send_replace(Some(name));
        Ok(())
    })
}

/// A stop in progress.
pub(super) struct Shutdown {
    step: Step,
    is_clean: bool,
}

impl Shutdown {
    /// Runs one step: it completes, or is abandoned after `within` with a report of what is left.
    pub(super) async fn step(
        &mut self,
        what: &'static str,
        within: Duration,
        done: impl Future<Output = ()>,
        left: impl FnOnce() -> String,
    ) {
        *self.step.lock().unwrap_or_else(PoisonError::into_inner) = what;
        if tokio::time::timeout(within, done).await.is_err() {
            self.is_clean = false;
            warn!(
                "stopping without waiting for {what}, which took more than {within:?}{}",
                left()
            );
        }
    }

    /// Whether no step had to be abandoned.
    pub(super) fn is_clean(&self) -> bool {
        self.is_clean
    }
}

/// Ends the process. What is in the log will be applied at the next start.
fn exit(what: &'static str) -> ! {
    let (logged, done) = mpsc::channel();
    thread::spawn(move || {
        error!("stopping without waiting for {what}, which has hung for {WITHIN:?}");
        let _ = logged.send(());
    });
    let _ = done.recv_timeout(LAST_WORDS);
    std::process::exit(1)
}
