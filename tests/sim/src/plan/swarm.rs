//! The probability of each kind of step. Every seed has its own weights, so that some do one thing all the time and others
//! never; what is rare on average is then common somewhere.

use fastrand::Rng;
use wallet_contract::subject::{Service, Verb};

use super::ask::Client;
use super::{Blow, ClockOf, Ill, Point, Site, Step, Trap};
use crate::fault::{SHARDS, sites};
use crate::ill;

/// A seed's weights.
#[derive(Debug)]
pub(super) struct Swarm {
    verbs: Vec<(Verb, u32)>,
    repeats: u32,
    oddities: u32,
    bulk: u32,
    waits: u32,
    long_waits: u32,
    faults: u32,
    pauses: u32,
    turns: u32,
    stories: u32,
    ills: u32,
    /// The points at which faults strike; most seeds have all of them.
    points: Vec<Point>,
    /// The sites that faults target; most seeds have all of them.
    victims: Vec<Site>,
}

impl Swarm {
    pub(super) fn new(rng: &mut Rng, all: &[Point]) -> Self {
        let mut weight = |usual: u32| match rng.u8(0..6) {
            0 => 0,
            1 => usual * 4,
            _ => usual,
        };
        let usual = |verb| match verb {
            Verb::Transfer => 14,
            Verb::Reserve | Verb::Confirm => 12,
            Verb::Cancel | Verb::Reverse => 7,
            Verb::Freeze | Verb::Unfreeze | Verb::Open | Verb::Close => 2,
        };
        let verbs = Verb::ALL.map(|verb| (verb, weight(usual(verb)))).to_vec();
        let (repeats, oddities, bulk) = (weight(8), weight(2), weight(3));
        let (waits, long_waits) = (weight(20), weight(2));
        let (faults, pauses, turns) = (weight(14), weight(4), weight(2));
        let (stories, ills) = (weight(1), weight(1));
        let points = if rng.u8(0..4) == 0 {
            (0..3).filter_map(|_| rng.choice(all)).copied().collect()
        } else {
            all.to_vec()
        };
        let everybody: Vec<Site> = sites().collect();
        let victims = if rng.u8(0..3) == 0 {
            rng.choice(&everybody).into_iter().copied().collect()
        } else {
            everybody
        };
        Self {
            verbs,
            repeats,
            oddities,
            bulk,
            waits,
            long_waits,
            faults,
            pauses,
            turns,
            stories,
            ills,
            points,
            victims,
        }
    }

    /// One more step, or sometimes several that belong together.
    pub(super) fn step(&self, rng: &mut Rng, client: &mut Client, steps: &mut Vec<Step>) {
        let asks: u32 = self.verbs.iter().map(|(_, weight)| weight).sum();
        let weights = [
            asks.max(1),
            self.repeats,
            self.oddities,
            self.bulk,
            self.waits,
            self.long_waits,
            self.faults,
            self.pauses,
            self.turns,
            self.stories,
            self.ills,
        ];
        match chosen(rng, &weights) {
            0 => {
                let weights: Vec<u32> = self.verbs.iter().map(|(_, weight)| *weight).collect();
                let (verb, _) = self.verbs[chosen(rng, &weights)];
                steps.push(client.ask(verb));
            }
            1 => {
                let asked: Vec<&Step> = steps
                    .iter()
                    .filter(|step| matches!(step, Step::Ask { .. }))
                    .collect();
                let again = rng.choice(asked).cloned();
                steps.extend(again.map(|again| client.in_other_words(again)));
            }
            2 => odd(rng, client, steps),
            3 => steps.push(client.bulk()),
            4 => steps.push(Step::Wait { ms: rng.u64(1..120) }),
            5 => steps.push(Step::Wait {
                ms: rng.u64(500..6_000),
            }),
            6 => self.fault(rng, steps),
            7 => self.zombie(rng, steps),
            8 => steps.push(turn(rng)),
            9 if rng.bool() => late_due(rng, client, steps),
            9 => self.in_time(rng, client, steps),
            _ => self.ill(rng, client, steps),
        }
    }

    /// Sometimes a copy of a database is kept, and sometimes put back.
    pub(super) fn forget(&self, rng: &mut Rng, steps: &mut Vec<Step>) {
        let Some(site) = rng.choice(&self.victims).copied() else {
            return;
        };
        match rng.u8(0..100) {
            0..2 => steps.push(Step::Save(site)),
            2 => steps.push(Step::PutBack {
                site,
                back_ms: rng.u64(1..2_000),
            }),
            3 => steps.push(Step::Forge(site)),
            _ => {}
        }
    }

    fn fault(&self, rng: &mut Rng, steps: &mut Vec<Step>) {
        let Some(site) = rng.choice(&self.victims).copied() else {
            return;
        };
        let Some(point) = rng.choice(&self.points).copied() else {
            return;
        };
        steps.push(match rng.u8(0..12) {
            0 => Step::CrashServer(rng.u16(0..SHARDS)),
            1 => Step::Second(site),
            2 => Step::Stop {
                site,
                back_ms: rng.u64(1..1_000),
            },
            roll => {
                let blow = match roll {
                    3..7 => Blow::Crash {
                        down_ms: rng.u64(1..2_000),
                    },
                    7..10 => Blow::Fail,
                    _ => Blow::Pause {
                        ms: rng.u64(1..2_500),
                    },
                };
                let skip = if rng.bool() { 0 } else { rng.u32(0..12) };
                Step::Lay(Trap {
                    site,
                    point,
                    skip,
                    blow,
                })
            }
        });
    }

    /// A program can't handle something for a while. Later it can, and an operator retries the parked messages, at once or
    /// later.
    fn ill(&self, rng: &mut Rng, client: &mut Client, steps: &mut Vec<Step>) {
        let Some(site) = rng.choice(&self.victims).copied() else {
            return;
        };
        let poison = site.service == Service::Debit && rng.bool();
        let kind = rng.choice(ill::KINDS).unwrap_or(ill::KINDS[0]);
        let ill = if poison {
            Ill::Transfer(rng.u8(0..ill::POISONS))
        } else {
            Ill::Kind(kind)
        };
        steps.push(Step::Ill { site, ill: Some(ill) });
        for _ in 0..rng.usize(1..8) {
            let (verb, _) = self.verbs[rng.usize(0..self.verbs.len())];
            steps.push(client.ask(verb));
            steps.push(Step::Wait { ms: rng.u64(1..400) });
        }
        if rng.bool() {
            steps.push(Step::Wait {
                ms: rng.u64(500..6_000),
            });
            steps.extend([Step::Ill { site, ill: None }, Step::Retry(site)]);
        }
    }

    /// An instance is paused for longer than its lease lasts, and another one takes over.
    fn zombie(&self, rng: &mut Rng, steps: &mut Vec<Step>) {
        let Some(site) = rng.choice(&self.victims).copied() else {
            return;
        };
        let within = [
            Point::Find,
            Point::Due,
            Point::BeforeCommit,
            Point::Take,
            Point::BeforePublish,
        ];
        let Some(point) = rng.choice(within) else { return };
        steps.push(Step::Second(site));
        steps.push(Step::Lay(Trap {
            site,
            point,
            skip: rng.u32(0..4),
            blow: Blow::Pause {
                ms: rng.u64(3_500..7_000),
            },
        }));
        if rng.bool() {
            steps.push(Step::Wait {
                ms: rng.u64(100..5_000),
            });
        }
    }

    /// A payer confirms or cancels in time, after many other requests, and the deciding service is away until the expiry time
    /// has passed.
    fn in_time(&self, rng: &mut Rng, client: &mut Client, steps: &mut Vec<Step>) {
        let (reserve, shard, confirm, cancel) = client.reservation(3);
        let site = Site {
            service: Service::Debit,
            shard,
        };
        steps.extend([
            reserve,
            Step::Wait {
                ms: rng.u64(100..900),
            },
        ]);
        let ms = rng.u64(2_500..5_000);
        let blow = if rng.bool() {
            Blow::Crash { down_ms: ms }
        } else {
            Blow::Pause { ms }
        };
        let lay = |point, blow| {
            Step::Lay(Trap {
                site,
                point,
                skip: 0,
                blow,
            })
        };
        steps.push(lay(Point::Take, blow));
        // Finding expired reservations is slower than usual.
        steps.extend((0..rng.usize(0..4)).map(|_| lay(Point::Find, Blow::Pause { ms: 300 })));
        for _ in 0..rng.usize(0..30) {
            let (verb, _) = self.verbs[rng.usize(0..self.verbs.len())];
            steps.push(client.ask(verb));
        }
        steps.push(if rng.u8(0..4) > 0 { confirm } else { cancel });
        steps.push(Step::Wait {
            ms: rng.u64(4_000..7_000),
        });
    }
}

/// An instance finds a reservation expired by a server's clock that is ahead, and is paused. The clock is set right, another
/// instance takes over and hears the payer, and then the first one continues.
fn late_due(rng: &mut Rng, client: &mut Client, steps: &mut Vec<Step>) {
    let (reserve, shard, confirm, cancel) = client.reservation(30);
    let site = |service| Site { service, shard };
    let (debit, ahead_ms) = (site(Service::Debit), 60_000);
    // The service asks its server only when its own clock says that something has expired.
    let clocks = [ClockOf::Service(debit), ClockOf::Server(shard)];
    let lay = |site, point, skip, ms| {
        Step::Lay(Trap {
            site,
            point,
            skip,
            blow: Blow::Pause { ms },
        })
    };
    steps.push(Step::Second(debit));
    if rng.bool() {
        // The promise, or the refusal, comes late.
        let slow = Site {
            service: Service::Credit,
            shard: rng.u16(0..SHARDS),
        };
        steps.push(lay(slow, Point::Take, 0, rng.u64(500..5_000)));
    }
    steps.extend([reserve, Step::Wait { ms: rng.u64(50..600) }]);
    // The first poll finds something expired by the service's own clock, the second by its server's clock too.
    steps.push(lay(debit, Point::AfterDue, 2, rng.u64(4_500..6_000)));
    for by_ms in [ahead_ms, -ahead_ms] {
        steps.extend(clocks.map(|clock| Step::Turn { clock, by_ms }));
        steps.push(Step::Wait {
            ms: rng.u64(540..700),
        });
    }
    if rng.u8(0..4) > 0 {
        steps.push(if rng.u8(0..3) > 0 { confirm } else { cancel });
    }
    steps.push(Step::Wait {
        ms: rng.u64(3_000..6_000),
    });
}

/// An odd request; sometimes operators then resolve an unreadable one, this or an earlier one.
fn odd(rng: &mut Rng, client: &mut Client, steps: &mut Vec<Step>) {
    steps.push(client.oddity());
    if rng.u8(0..3) > 0 {
        return;
    }
    let site = Site {
        service: Service::Debit,
        shard: rng.u16(0..SHARDS),
    };
    steps.push(Step::Wait { ms: rng.u64(1..300) });
    if rng.u8(0..4) == 0 {
        steps.push(Step::Lay(Trap {
            site,
            point: Point::BeforeCommit,
            skip: rng.u32(0..3),
            blow: Blow::Crash {
                down_ms: rng.u64(1..2_000),
            },
        }));
    }
    let words = client.words();
    steps.push(Step::SeeTo { site, words });
}

fn turn(rng: &mut Rng) -> Step {
    let all: Vec<Site> = sites().collect();
    let site = rng.choice(all).unwrap_or(Site {
        service: Service::Debit,
        shard: 0,
    });
    let (clock, most_ms) = match rng.u8(0..3) {
        0 => (ClockOf::Service(site), 60_000),
        1 => (ClockOf::Database(site), 5_000),
        _ => (ClockOf::Server(site.shard), 60_000),
    };
    Step::Turn {
        clock,
        by_ms: rng.i64(-most_ms..most_ms),
    }
}

fn chosen(rng: &mut Rng, weights: &[u32]) -> usize {
    let sum: u32 = weights.iter().sum();
    let mut roll = rng.u32(0..sum.max(1));
    for (at, weight) in weights.iter().enumerate() {
        if roll < *weight {
            return at;
        }
        roll -= weight;
    }
    0
}
