//! The points at which a paying process halts, to be killed there.
//!
//! A process can die at any moment, but its effect depends only on which of its steps are durable. So a payment names the points
//! between its steps, and a process that is started for the purpose halts at one of them, says so, and waits for its SIGKILL.

use std::future::pending;
/// The message at the point.
pub(crate) const HALTED: &str = "halted: ";

/// The point at which this process halts, if any.
#[derive(Clone, Debug, Default)]
pub struct Stop(Option<String>);

impl Stop {
    /// Runs to the end.
    pub fn never() -> Self {
        Self(None)
    }

    /// Halts at this point.
    pub fn at_point(point: &str) -> Self {
        Self(Some(point.to_owned()))
    }

    /// Reports that a step is done. If this is the point, it never returns.
    pub async fn at(&self, point: &str) {
        if self.is(point) {
            // The process that waits for this line then kills us; if it can't be written, we are killed later.
            let _ = wallet_terminal::output::line(&format!("{HALTED}{point}"));
            pending::<()>().await;
        }
    }

    /// The second of two concurrent steps, which is skipped if the process dies between them.
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
