//! An orderly stop with a bound: whatever hangs, the process leaves, and says what it was.
//!
//! Each step has a bound of its own and is given up when that is over. Should even that not help (a thread that never yields,
//! a log that nobody reads), a thread of its own ends the process. Whoever started us waits longer: Docker and `wallet up`
//! kill what is still there after ten seconds.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use tracing::{error, warn};

/// How long all of it may take. More than the bounds of all steps together.
const WITHIN: Duration = Duration::from_secs(8);
/// How long the last words may take.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A stop that has begun.
#[derive(Debug)]
pub(super) struct Leaving {
    step: Arc<Mutex<&'static str>>,
    in_order: bool,
}

impl Leaving {
    /// From now on the process lives for [`WITHIN`] and [`LAST_WORDS`] at most.
    pub(super) fn begin() -> Self {
        let step = Arc::new(Mutex::new("the stop"));
        let hanging = Arc::clone(&step);
        thread::spawn(move || {
            thread::sleep(WITHIN);
            leave(*hanging.lock().unwrap_or_else(PoisonError::into_inner));
        });
        Self { step, in_order: true }
    }

    /// One step: done, or given up after `within`, with what there is to say of what is left.
    pub(super) async fn step(
        &mut self,
        what: &'static str,
        within: Duration,
        done: impl Future<Output = ()>,
        left: impl FnOnce() -> String,
    ) {
        *self.step.lock().unwrap_or_else(PoisonError::into_inner) = what;
        if tokio::time::timeout(within, done).await.is_err() {
            self.in_order = false;
            warn!(
                "leaving without {what}, which took more than {within:?}{}",
                left()
            );
        }
    }

    /// Whether nothing had to be given up.
    pub(super) fn in_order(&self) -> bool {
        self.in_order
    }
}

/// Ends the process. What is committed will be published at the next start.
#[expect(clippy::exit, reason = "nothing else ends a process in which something hangs")]
fn leave(what: &'static str) -> ! {
    let (said, heard) = mpsc::channel();
    thread::spawn(move || {
        error!("leaving without {what}: nothing has moved for {WITHIN:?}");
        let _ = said.send(());
    });
    let _ = heard.recv_timeout(LAST_WORDS);
    std::process::exit(1)
}
