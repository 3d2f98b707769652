//! Notification of a lost connection.
//!
//! The library reconnects by itself, but a request sent on the old connection would wait for an answer that can't come until it
//! times out. A caller that listens here can repeat it at once.

use std::future::pending;

use tokio::sync::watch;

/// Notifies the listeners.
#[derive(Clone, Debug, Default)]
pub(crate) struct Losses(watch::Sender<u64>);

impl Losses {
    /// Reports that the connection is lost.
    pub(crate) fn report(&self) {
        self.0.send_modify(|times| *times += 1);
    }

    pub(crate) fn listener(&self) -> Lost {
        Lost(self.0.subscribe())
    }
}

/// Listens for the loss of a connection.
#[derive(Clone, Debug)]
pub struct Lost(watch::Receiver<u64>);

impl Lost {
    /// Waits until the connection is lost again.
    pub async fn next(&self) {
        let mut times = self.0.clone();
        times.mark_unchanged();
        if times.changed().await.is_err() {
            // The client itself is gone; the caller will learn of that elsewhere.
            pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_loss_is_reported_only_to_current_listeners() {
        let losses = Losses::default();
        let lost = losses.listener();
        losses.report();
        assert_eq!(lost.next().now_or_never(), None, "that was before");
        let hears = lost.next();
        tokio::pin!(hears);
        assert_eq!(hears.as_mut().now_or_never(), None);
        losses.report();
        hears.await;
    }
}
