//! Hearing when a connection is lost.
//!
//! The library connects again by itself, and what was asked on the old connection waits for an answer that can't come until
//! its time is up. Who listens here asks again at once.

use std::future::pending;

use tokio::sync::watch;

/// Tells the listeners.
#[derive(Clone, Debug, Default)]
pub(crate) struct Losses(watch::Sender<u64>);

impl Losses {
    /// The connection is lost.
    pub(crate) fn tell(&self) {
        self.0.send_modify(|times| *times += 1);
    }

    pub(crate) fn listener(&self) -> Lost {
        Lost(self.0.subscribe())
    }
}

/// Hears when a connection is lost.
#[derive(Clone, Debug)]
pub struct Lost(watch::Receiver<u64>);

impl Lost {
    /// Waits until the connection is lost the next time.
    pub async fn next(&self) {
        let mut times = self.0.clone();
        times.mark_unchanged();
        if times.changed().await.is_err() {
            // The client itself is gone; who waits for something else will learn of it.
            pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_loss_is_heard_by_who_listens_then_and_not_later() {
        let losses = Losses::default();
        let lost = losses.listener();
        losses.tell();
        assert_eq!(lost.next().now_or_never(), None, "that was before");
        let hears = lost.next();
        tokio::pin!(hears);
        assert_eq!(hears.as_mut().now_or_never(), None);
        losses.tell();
        hears.await;
    }
}
