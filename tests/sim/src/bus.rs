//! The bus of one instance: connects the loop to the simulated server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use wallet_contract::shard::Shard;
use wallet_engine::bus::{Append, Bus, Error, Head, Known, Loss, Message, Notice, Reader};

use wallet_contract::id::EventId;

use crate::check::{Breach, hold};
use crate::ill;
use crate::node::{Failed, Node, Point};
use crate::server::Log;

/// The connection of one instance.
#[derive(Clone, Debug)]
pub(crate) struct SimBus(Node);

/// Reads one shard's stream for one instance.
#[derive(Debug)]
pub(crate) struct SimReader {
    node: Node,
    shard: Shard,
    position: usize,
    generation: u64,
}

impl SimBus {
    pub(crate) fn new(node: Node) -> Self {
        Self(node)
    }

    fn lost(&self, shard: Shard, how: Option<Loss>) -> Result<(), Error> {
        let Some(how) = how else { return Ok(()) };
        let stream = wallet_contract::stream::name(shard);
        let told = format!("{} is told that {stream} {how}", self.0);
        self.0.world().note(told);
        Err(Error::LostData { stream, how })
    }
}

impl SimBus {
    /// Clients are told only what is in the log.
    fn invariant_told_is_in_the_log(&self, notice: &Notice) -> Result<(), Breach> {
        let shard = self.0.place().shard;
        let id = notice.payload.parse().map(EventId).ok();
        let holds = self
            .0
            .world()
            .checks(|logs| id.is_some_and(|id| logs.holds(shard, id)));
        hold("invariant_told_is_in_the_log", holds, || {
            format!("{} tells {}: {}", self.0, notice.subject, notice.payload)
        })
    }
}

impl From<Failed> for Error {
    fn from(_: Failed) -> Self {
        Self::Nats("the connection broke".to_owned())
    }
}

impl Bus for SimBus {
    type Reader = SimReader;

    async fn ready(&self, shard: Shard, known: Known) -> Result<(), Error> {
        let Known { position, at_us, .. } = known;
        self.0.pass(Point::Ready).await?;
        let last = self.0.world().log(shard, |log| log.durable().len() as u64);
        let (first, short) = (1, last < position);
        self.lost(
            shard,
            short.then_some(Loss::Short {
                first,
                last,
                position,
            }),
        )?;
        let index = usize::try_from(position)
            .ok()
            .and_then(|position| position.checked_sub(1));
        let later = self.0.world().log(shard, |log| {
            let last = index.and_then(|index| log.durable().get(index));
            last.is_some_and(|last| last.message.at_us > at_us)
        });
        self.lost(shard, later.then_some(Loss::Other { position }))
    }

    /// The settings of a simulated stream never change, and the stream never loses its front.
    async fn check(&self, _shard: Shard, _whole_from: u64) -> Result<(), Error> {
        Ok(())
    }

    async fn read(&self, shard: Shard, position: u64) -> Result<SimReader, Error> {
        self.0.pass(Point::Read).await?;
        Ok(SimReader {
            node: self.0.clone(),
            shard,
            position: usize::try_from(position).unwrap_or(usize::MAX),
            generation: self.0.world().log(shard, Log::generation),
        })
    }

    async fn head(&self, shard: Shard) -> Result<Head, Error> {
        self.0.pass(Point::Head).await?;
        Ok(self.0.world().head(shard))
    }

    async fn append(&self, message: &Append) -> Result<Option<u64>, Error> {
        let late = self.may_be_late(message);
        self.0.pass(Point::BeforePublish).await?;
        late.store(true, Ordering::Relaxed);
        let Some(stored) = self.0.world().append(message) else {
            self.0.world().sync(message.shard);
            return Ok(None);
        };
        self.0.pass(Point::AfterPublish).await?;
        if self.0.world().acknowledge(message.shard, stored) {
            Ok(Some(stored.sequence as u64))
        } else {
            Err(Failed.into())
        }
    }

    async fn on(
        &self,
        shard: Shard,
        subject: &str,
        after: u64,
        until: u64,
        _max_weight: usize,
    ) -> Result<Vec<Message>, Error> {
        self.0.pass(Point::Own).await?;
        let many = self.0.below(8) + 1;
        Ok(self.0.world().log(shard, |log| {
            let within = |message: &&Message| message.sequence > after && message.sequence <= until;
            log.on(subject).filter(within).take(many).cloned().collect()
        }))
    }

    async fn last(&self, shard: Shard, subject: &str) -> Result<(u64, Option<Message>), Error> {
        self.0.pass(Point::Last).await?;
        Ok(self.0.world().log(shard, |log| {
            let end = log.on(subject).next_back().map_or(0, |message| message.sequence);
            let written = log.on(subject).rfind(|message| message.writer.is_some());
            (end, written.cloned())
        }))
    }

    async fn notify(&self, notice: Notice) -> Result<(), Error> {
        self.0.world().found(self.invariant_told_is_in_the_log(&notice));
        Ok(self.0.pass(Point::Tell).await?)
    }
}

impl Reader for SimReader {
    async fn take(&mut self, max_weight: usize) -> Result<Vec<Message>, Error> {
        loop {
            self.node.pass(Point::Take).await?;
            let changed = self.node.world().log(self.shard, Log::changed);
            let stored = changed.notified();
            if self.node.world().log(self.shard, Log::generation) != self.generation {
                return Err(Failed.into());
            }
            let taken = self.ready(max_weight);
            if !taken.is_empty() {
                self.position += taken.len();
                return Ok(taken);
            }
            stored.await;
        }
    }
}

impl SimReader {
    /// Some of the available messages: a random number of them, because a real server delivers them one by one.
    fn ready(&self, max_weight: usize) -> Vec<Message> {
        let chance = self.node.below(8) + 1;
        let ill = self.node.world().ill(self.node.site());
        let mut messages: Vec<Message> = self.node.world().log(self.shard, |log| {
            let there = log.durable().get(self.position..).unwrap_or_default();
            let many = if chance == 8 { there.len() } else { chance };
            let mut weight = 0_usize;
            let fits = |message: &&Message| {
                let before = weight;
                weight = weight.saturating_add(message.weight());
                before < max_weight
            };
            let messages = there.iter().map(|stored| &stored.message).take(many);
            messages.take_while(fits).cloned().collect()
        });
        for message in &mut messages {
            ill::read(ill, message);
        }
        messages
    }
}

/// How long after its acknowledgement a message is stored at most, if that comes early, in milliseconds.
const ACK_EARLY_MS: usize = 40;
/// How long after its publisher gave up a message may still be stored, in milliseconds.
const LATE_MS: usize = 5_000;

impl SimBus {
    /// What was sent may arrive although its sender has failed or died. Returns the switch that prevents it.
    fn may_be_late(&self, message: &Append) -> Arc<AtomicBool> {
        let arrived = Arc::new(AtomicBool::new(self.0.below(2) == 0));
        let after = Duration::from_millis(self.0.below(LATE_MS) as u64);
        let (world, message, gone) = (self.0.shared_world(), message.clone(), arrived.clone());
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            if !gone.load(Ordering::Relaxed)
                && let Some(stored) = world.append(&message)
            {
                world.note(format!("a message on {} is stored late", message.subject));
                world.acknowledge(message.shard, stored);
            }
        });
        arrived
    }
}

impl SimBus {
    /// Acknowledges a message at once, and stores it a little later: see [`crate::mutation::Mutation::AckEarly`].
    pub(crate) async fn append_later(&self, message: &Append) -> Result<Option<u64>, Error> {
        self.0.pass(Point::BeforePublish).await?;
        let next = self
            .0
            .world()
            .log(message.shard, |log| log.durable().len() as u64 + 1);
        let (node, message) = (self.0.clone(), message.clone());
        let later = Duration::from_millis(self.0.below(ACK_EARLY_MS) as u64);
        tokio::spawn(async move {
            tokio::time::sleep(later).await;
            // What an instance had not sent when it died is lost.
            if !node.is_dead()
                && let Some(stored) = node.world().append(&message)
            {
                node.world().acknowledge(message.shard, stored);
            }
        });
        Ok(Some(next))
    }
}

/// The shard whose stream holds a mapped subject.
pub(crate) fn shard_of(subject: &str) -> Shard {
    let token = subject.split('.').nth(1);
    Shard(token.and_then(|token| token.parse().ok()).unwrap_or(0))
}
