//! Where a paying process stands still, to be killed there.
//!
//! A process can die at any moment, but what it leaves behind depends only on which of its steps are durable. So a payment names
//! the points between its steps, and a process that is started for the purpose stands still at one of them, says so, and waits for
//! its SIGKILL.

use std::future::pending;
/// What the process says there.
pub(crate) const STANDS: &str = "stands still: ";

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
