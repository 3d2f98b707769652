//! Publishes requests, in messages that concurrent callers share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_nats::jetstream::publish::PublishAck;
use tokio::sync::oneshot;
use wallet_contract::id::AccountId;
use wallet_contract::request::MAX_ARRAY;
use wallet_contract::shard::Shard;
use wallet_contract::stream::MAX_MESSAGE_BYTES;
use wallet_contract::subject::{self, Service, Verb};

use crate::Error;
use crate::connect::Connection;
use crate::lanes::{Lanes, Limits};
use crate::request::Request;

/// The most requests in a shared message: about 150 KB, which a service decides in one batch.
const MOST: usize = 1_000;
const _: () = assert!(MOST <= MAX_ARRAY);
/// The headers of a shared message, which count towards the server's limit.
const HEADERS: usize = 256;

/// Which concurrent requests share a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sharing {
    /// None: each request is a message of its own, whatever else is waiting.
    Nothing,
    /// Requests of one account with one verb. Every user has the permission for that.
    #[default]
    Account,
    /// Requests of all payers of a shard, on `wallet.<shard>.bulk`. This needs the permission to publish there, which permits
    /// spending everybody's money: for gateways.
    Shard,
}

/// Requests that can share a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Lane {
    Account(Verb, AccountId),
    Bulk(Shard),
}

/// A request that waits to be published, with its caller.
#[derive(Debug)]
struct QueuedRequest {
    request: Request,
    /// Its form as an array element.
    element: String,
    caller: oneshot::Sender<Result<PublishAck, Error>>,
}

/// Publishes the requests of all callers of a client.
#[derive(Debug)]
pub(crate) struct Publisher {
    pub(crate) connection: Connection,
    sharing: Sharing,
    lanes: Mutex<Lanes<Lane, QueuedRequest>>,
}

impl Publisher {
    pub(crate) fn new(connection: Connection, sharing: Sharing) -> Self {
        let max_payload = connection.client().server_info().max_payload;
        let limits = Limits {
            requests: MOST,
            bytes: MAX_MESSAGE_BYTES.min(max_payload).saturating_sub(HEADERS),
        };
        Self {
            connection,
            sharing,
            lanes: Mutex::new(Lanes::new(limits)),
        }
    }

    /// Publishes a request, and returns the position of its message.
    pub(crate) async fn send(self: &Arc<Self>, request: &Request) -> Result<PublishAck, Error> {
        let Some(lane) = self.lane(request).await? else {
            return self.connection.send(request).await;
        };
        let (caller, acknowledged) = oneshot::channel();
        let queued = QueuedRequest {
            request: request.clone(),
            element: match &lane {
                Lane::Account(..) => request.element(),
                Lane::Bulk(_) => request.bulk_element(),
            },
            caller,
        };
        let message = self.lanes().add(lane.clone(), queued.element.len(), queued);
        if let Some(queued) = message {
            // A separate task, because the caller may give up while others wait for this message.
            tokio::spawn(Arc::clone(self).deliver(lane, vec![queued]));
        }
        acknowledged.await.unwrap_or(Err(Error::Closed))
    }

    async fn lane(&self, request: &Request) -> Result<Option<Lane>, Error> {
        Ok(match self.sharing {
            Sharing::Nothing => None,
            // Bulk messages only hold requests for debit-svc.
            Sharing::Shard if request.verb.decided_by() == Service::Debit => {
                let shards = self.connection.shards().await?;
                Some(Lane::Bulk(shards.of(&request.account)))
            }
            Sharing::Account | Sharing::Shard => Some(Lane::Account(request.verb, request.account.clone())),
        })
    }

    /// Publishes a lane's messages one after the other, until nothing waits.
    async fn deliver(self: Arc<Self>, lane: Lane, mut message: Vec<QueuedRequest>) {
        loop {
            let published = self.publish(&lane, &message).await;
            for queued in message {
                // The caller may have given up.
                let _ = queued.caller.send(published.clone());
            }
            match self.lanes().next(&lane, |queued| !queued.caller.is_closed()) {
                Some(next) => message = next,
                None => return,
            }
        }
    }

    async fn publish(&self, lane: &Lane, message: &[QueuedRequest]) -> Result<PublishAck, Error> {
        let array = || {
            let elements: Vec<&str> = message.iter().map(|queued| &*queued.element).collect();
            format!("[{}]", elements.join(","))
        };
        match (lane, message) {
            (Lane::Account(..), [only]) => self.connection.send(&only.request).await,
            (Lane::Account(verb, account), _) => self.connection.request(*verb, account, array(), None).await,
            (Lane::Bulk(shard), _) => {
                self.connection
                    .put(&subject::bulk(*shard), Vec::new(), array())
                    .await
            }
        }
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes<Lane, QueuedRequest>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
