//! What can go wrong with a stack's processes, done to real ones: each fault is injected, held, and recovered from.
//!
//! [`Plan`] says which fault comes when, from a seed: every kind once in random order, then again in another order, so
//! that a short run has seen each kind and a long one many of their sequences.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::process::Signal;
use tokio::time::{Instant, sleep, timeout};
use wallet_contract::subject::Service;

use crate::instance::{Instance, STANDBY, WORKING, family, signal, until};
use crate::proxy::Line;
use crate::{Random, World};

/// Longer than a lease of 3 s: a stand-by has taken over when the stopped one wakes.
const PAST_THE_LEASE: Duration = Duration::from_millis(4_500);

/// How long a stand-by may take from then on.
const TAKEN_WITHIN: Duration = Duration::from_secs(6);

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A service gets SIGKILL, and is started again.
    Kill(Service),
    /// A service is stopped for longer than its lease, a stand-by takes over, and it wakes as a zombie.
    Zombie(Service),
    /// A service's connection to NATS is closed, and can't be had for a while.
    Cut(Service),
    /// Nothing passes between a service and NATS for a while, and then all of it at once.
    Hold(Service),
    /// nats-server gets SIGKILL.
    KillNats,
    /// nats-server is stopped for a while.
    PauseNats,
    /// PostgreSQL gets SIGKILL.
    KillPostgres,
    /// PostgreSQL and all its children are stopped for a while.
    PausePostgres,
    /// The disk with debit-svc's databases is full for a while.
    FullDisk,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(service) => write!(f, "kill -9 {service}"),
            Self::Zombie(service) => write!(f, "stop {service} past its lease"),
            Self::Cut(service) => write!(f, "cut {service} off from NATS"),
            Self::Hold(service) => write!(f, "hold all between {service} and NATS"),
            Self::KillNats => write!(f, "kill -9 nats-server"),
            Self::PauseNats => write!(f, "stop nats-server"),
            Self::KillPostgres => write!(f, "kill -9 postgres"),
            Self::PausePostgres => write!(f, "stop postgres"),
            Self::FullDisk => write!(f, "fill the disk of debit-svc"),
        }
    }
}

impl Fault {
    /// All that can be done to this stack.
    pub fn possible(world: &mut World) -> Vec<Self> {
        let mut faults = vec![Self::KillNats, Self::PauseNats];
        for service in Service::ALL {
            faults.extend([
                Self::Kill(service),
                Self::Zombie(service),
                Self::Cut(service),
                Self::Hold(service),
            ]);
        }
        if world.stack.postgres().is_some() {
            faults.extend([Self::KillPostgres, Self::PausePostgres]);
        }
        if world.disk().is_some() {
            faults.push(Self::FullDisk);
        }
        faults
    }

    /// Does it, holds it for `a_while` where there is something to hold, and sets all right again.
    pub async fn happen(self, world: &mut World, a_while: Duration) -> Result<()> {
        match self {
            Self::Kill(service) => {
                world.stack.kill(service).await?;
                sleep(a_while / 4).await;
                world.stack.start_service(service).await
            }
            Self::Zombie(service) => zombie(world, service).await,
            Self::Cut(service) => line(world, service, Line::Cut, a_while).await,
            Self::Hold(service) => line(world, service, Line::Held, a_while).await,
            Self::KillNats => {
                world.stack.kill_nats().await?;
                sleep(a_while / 4).await;
                world.stack.start_nats().await
            }
            Self::PauseNats => {
                let pid = world.stack.nats_pid().context("nats-server runs")?;
                pause(&[pid], a_while).await
            }
            Self::KillPostgres => {
                let postgres = world.stack.postgres().context("PostgreSQL runs")?;
                postgres.kill().await?;
                sleep(a_while / 4).await;
                postgres.start_again().await
            }
            Self::PausePostgres => {
                let postgres = world.stack.postgres().context("PostgreSQL runs")?;
                pause(&family(postgres.pid().context("it runs")?), a_while).await
            }
            Self::FullDisk => {
                let ballast = world.disk().context("a small disk")?.fill()?;
                sleep(a_while).await;
                std::fs::remove_file(ballast).context("the ballast can't be taken away")
            }
        }
    }
}

async fn pause(pids: &[u32], a_while: Duration) -> Result<()> {
    for pid in pids {
        signal(*pid, Signal::STOP)?;
    }
    sleep(a_while).await;
    for pid in pids {
        signal(*pid, Signal::CONT)?;
    }
    Ok(())
}

async fn line(world: &World, service: Service, line: Line, a_while: Duration) -> Result<()> {
    let proxy = world.proxy(service);
    proxy.set(line);
    sleep(a_while).await;
    proxy.set(Line::Open);
    Ok(())
}

/// The stopped one believes that the lease is its own. What it was about to commit must fail; what it was about to publish
/// is the same that the stand-by has published.
async fn zombie(world: &World, service: Service) -> Result<()> {
    let spare = Instance::second(world, service)?;
    spare.until_both(STANDBY).await?;
    let pid = world.stack.pid(service).context("it runs")?;
    signal(pid, Signal::STOP)?;
    sleep(PAST_THE_LEASE).await;
    let taken = timeout(TAKEN_WITHIN, spare.until_both(WORKING)).await;
    signal(pid, Signal::CONT)?;
    if taken.is_ok() {
        until(&world.stack.service_url(service), STANDBY, 2).await?;
    } else {
        // Who is stopped amid a transaction keeps the file's lock, and nothing can take that away but its end.
        let on_files = world.stack.options().database.is_in_folder();
        ensure!(on_files, "{service}: nobody took over");
        println!("           {service} was stopped while it held its database: no take-over");
    }
    let status = spare.stop().await?;
    ensure!(status.success(), "the stand-by of {service} ended with {status}");
    until(&world.stack.service_url(service), WORKING, 2).await
}

/// Which faults come, and when; the same seed, the same plan.
#[derive(Debug)]
pub struct Plan {
    kinds: Vec<Fault>,
    round: VecDeque<Fault>,
}

impl Plan {
    /// A plan of these kinds.
    pub fn new(kinds: Vec<Fault>) -> Self {
        Self {
            kinds,
            round: VecDeque::new(),
        }
    }

    fn next(&mut self, random: &mut Random) -> Option<Fault> {
        if self.round.is_empty() {
            let mut kinds = self.kinds.clone();
            while !kinds.is_empty() {
                let at = usize::try_from(random.below(kinds.len() as u64)).unwrap_or(0);
                self.round.push_back(kinds.swap_remove(at));
            }
        }
        self.round.pop_front()
    }
}

/// What has been done to a stack.
#[derive(Debug, Default)]
pub struct Injected {
    /// How often each.
    pub counts: BTreeMap<Fault, u32>,
    /// From when to when, seconds from the start.
    pub spans: Vec<(f64, f64, Fault)>,
}

impl Injected {
    /// How many in all.
    pub fn total(&self) -> u32 {
        self.counts.values().sum()
    }
}

/// Does harm to a stack for so long, and leaves it whole.
pub async fn torment(world: &mut World, random: &mut Random, span: Duration) -> Result<Injected> {
    let mut plan = Plan::new(Fault::possible(world));
    let (mut done, began) = (Injected::default(), Instant::now());
    while began.elapsed() < span {
        sleep(Duration::from_millis(random.below(1_000))).await;
        let Some(fault) = plan.next(random) else { break };
        let a_while = Duration::from_millis(500 + random.below(2_500));
        let from = began.elapsed().as_secs_f64();
        println!("{from:7.2} s  {fault}");
        let happened = fault.happen(world, a_while).await;
        happened.with_context(|| format!("the stack did not recover from: {fault}"))?;
        done.spans.push((from, began.elapsed().as_secs_f64(), fault));
        *done.counts.entry(fault).or_default() += 1;
    }
    Ok(done)
}

/// How long faults last: `WALLET_FAULT_SECONDS`, else so many.
pub fn span(seconds: u64) -> Result<Duration> {
    let seconds = match std::env::var("WALLET_FAULT_SECONDS") {
        Ok(text) => text.parse().context("WALLET_FAULT_SECONDS is a number")?,
        Err(_) => seconds,
    };
    Ok(Duration::from_secs(seconds))
}
