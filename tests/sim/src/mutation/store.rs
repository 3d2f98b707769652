//! A faulty store.

use wallet_contract::id::EventId;
use wallet_contract::log::LogPlace;
use wallet_engine::bus::{Bus as _, Notice};
use wallet_engine::store::{Blocked, Commit, Error, Found, Outgoing, ParkedRow, Progress, Store, Tenure};
use wallet_kernel::{Decider, Due, Heard};

use super::Mutation;
use crate::bus::SimBus;
use crate::store::{SimEvents, SimStore};
use crate::tables::Tables;

/// How long [`Mutation::InboxWindow`] remembers a handled message, in microseconds.
const WINDOW_US: i64 = 2_000_000;

/// A store with a mutation.
#[derive(Debug)]
pub(crate) struct Mutant<C, T: Tables> {
    store: SimStore<C, T>,
    mutation: Mutation,
}

impl<C, T: Tables> Mutant<C, T> {
    pub(crate) fn new(store: SimStore<C, T>, mutation: Mutation) -> Self {
        Self { store, mutation }
    }

    /// Adopts the current epoch, whichever instance owns it.
    fn usurp(&mut self) {
        if self.mutation == Mutation::NoEpochCheck {
            self.store.epoch = self.store.database.lock().epoch;
        }
    }

    fn has_a_poor_inbox(&self) -> bool {
        matches!(self.mutation, Mutation::SkipInbox | Mutation::InboxWindow)
    }
}

impl<C, T> Store for Mutant<C, T>
where
    T: Tables,
    C: Decider<Keys = <T::Core as Decider>::Keys, State = <T::Core as Decider>::State> + 'static,
{
    type Core = C;
    type Events = SimEvents<T>;

    async fn acquire(&mut self) -> Result<Tenure, Error> {
        self.store.acquire().await
    }

    async fn renew(&mut self, progress: Progress) -> Result<(), Error> {
        self.usurp();
        self.store.renew(progress).await
    }

    async fn release(&mut self, progress: Progress) -> Result<(), Error> {
        self.store.release(progress).await
    }

    async fn find(&mut self, causes: &[EventId], keys: &C::Keys) -> Result<Found<C>, Error> {
        let (mut known, state) = self.store.find(causes, keys).await?;
        if self.has_a_poor_inbox() {
            let since_us = if self.mutation == Mutation::InboxWindow {
                self.store.now_us() - WINDOW_US
            } else {
                i64::MAX
            };
            let database = self.store.database.lock();
            known.retain(|id| {
                database
                    .inbox
                    .get(&EventId(*id))
                    .is_some_and(|at_us| *at_us > since_us)
            });
        }
        Ok((known, state))
    }

    async fn due(&mut self, now_us: i64, limit: i64) -> Result<Vec<Due>, Error> {
        self.store.due(now_us, limit).await
    }

    async fn blocked(&mut self) -> Result<Blocked, Error> {
        if self.mutation == Mutation::ForgetParked {
            return Ok(Blocked::default());
        }
        self.store.blocked().await
    }

    async fn parked(&mut self, place: LogPlace) -> Result<Vec<ParkedRow>, Error> {
        if self.mutation == Mutation::SeeToTwice {
            let database = self.store.database.lock();
            let mut unread = database.parked.iter().filter(|row| row.transfer.is_none());
            if let Some(row) = unread.find(|row| row.place == place) {
                return Ok(vec![row.clone()]);
            }
        }
        self.store.parked(place).await
    }

    async fn notices(&mut self, state: &C::State, repeats: &[Heard<'_>]) -> Result<Vec<Notice>, Error> {
        self.store.notices(state, repeats).await
    }

    async fn write(&mut self, commit: Commit<'_, C::State>) -> Result<(), Error> {
        if self.mutation == Mutation::TellEarly {
            let bus = SimBus::new(self.store.node.clone());
            for notice in self.store.notices(commit.state, &[]).await? {
                let told = bus.notify(notice).await;
                told.map_err(|error| Error::Unfit(error.to_string()))?;
            }
        }
        if self.has_a_poor_inbox() {
            let mut database = self.store.database.lock();
            for heard in commit.heard {
                database.inbox.remove(&heard.input.as_cause().id);
            }
        }
        self.usurp();
        self.store.write(commit).await
    }

    async fn settle(&mut self) -> Result<(), Error> {
        self.store.settle().await
    }

    async fn last_event(&mut self) -> Result<Option<Outgoing>, Error> {
        self.store.last_event().await
    }

    async fn abandon(&mut self) {
        self.store.abandon().await;
    }

    fn event_table(&self) -> SimEvents<T> {
        let mut events = self.store.event_table();
        events.marks = self.mutation == Mutation::MarkInDatabase;
        events
    }
}
