//! The steps of a play: a client sends a request, a service reads or publishes, a message is repeated, time passes.

use proptest::prelude::*;
use wallet_contract::subject::Service;

use super::ask::{Ask, ask};
use super::world::World;

const SECOND: i64 = 1_000_000;

#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// A client makes a request; if `late`, it is delivered some time later, or at the end.
    Ask { ask: Ask, late: bool },
    /// An earlier request is delivered, perhaps again.
    Deliver { which: usize },
    /// A service reads this many messages.
    Step {
        shard: usize,
        service: usize,
        many: usize,
    },
    /// A service publishes to the second destination.
    Flush { shard: usize, service: usize },
    /// A copy follows its original, as from an outbox that published twice.
    Copy { shard: usize, which: usize },
    /// Time passes.
    Wait { seconds: i64 },
    /// debit-svc checks what is due by its own clock, which is this far ahead.
    Tick { shard: usize, which: usize, ahead: i64 },
}

pub(crate) fn acts() -> impl Strategy<Value = Act> {
    let (shard, service) = (0..2_usize, 0..3_usize);
    let which = any::<usize>();
    prop_oneof![
        10 => (ask(), prop::bool::weighted(0.2)).prop_map(|(ask, late)| Act::Ask { ask, late }),
        2 => which.prop_map(|which| Act::Deliver { which }),
        16 => (shard.clone(), service.clone(), 1..12_usize)
            .prop_map(|(shard, service, many)| Act::Step { shard, service, many }),
        8 => (shard.clone(), service).prop_map(|(shard, service)| Act::Flush { shard, service }),
        2 => (shard.clone(), which).prop_map(|(shard, which)| Act::Copy { shard, which }),
        2 => (1..200_i64).prop_map(|seconds| Act::Wait { seconds }),
        4 => (shard, which, prop_oneof![4 => Just(0_i64), 1 => 0..100_i64])
            .prop_map(|(shard, which, ahead)| Act::Tick { shard, which, ahead }),
    ]
}

impl Act {
    pub(crate) fn play(&self, world: &mut World) {
        match self {
            Self::Ask { ask, late } => {
                let Some(request) = ask.request(world) else {
                    return;
                };
                world.requests.push(request.clone());
                if !late {
                    world.deliver(request);
                }
            }
            Self::Deliver { which } => {
                if let Some(request) = world.requests.get(which % world.requests.len().max(1)).cloned() {
                    world.deliver(request);
                }
            }
            Self::Step { shard, service, many } => {
                for _ in 0..*many {
                    world.step(*shard, Service::ALL[*service]);
                }
            }
            Self::Flush { shard, service } => {
                world.flush(*shard, Service::ALL[*service]);
            }
            Self::Copy { shard, which } => world.copy(*shard, *which),
            Self::Wait { seconds } => world.now_us += seconds * SECOND,
            Self::Tick { shard, which, ahead } => {
                let due = world.due(*shard, ahead * SECOND);
                if let Some(due) = due.get(which % due.len().max(1)) {
                    world.tick(*shard, due.clone(), ahead * SECOND);
                }
            }
        }
    }
}
