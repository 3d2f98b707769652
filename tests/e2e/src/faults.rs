//! Faults of a stack's processes, injected into real ones: each fault is injected, held, and recovered from.
//!
//! [`Plan`] decides from a seed which fault comes when: every kind once in random order, then again in another order, so that a
//! short run has seen each kind and a long one many of their sequences.

mod plan;

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::process::Signal;
use tokio::time::{sleep, timeout};
use wallet_contract::subject::Service;

use crate::World;
use crate::instance::{Instance, STANDBY, WORKING, family, signal, until};
use crate::proxy::Line;

pub use plan::{Injected, Plan, inject_faults, span};

/// Longer than a lease of 3 s: a stand-by has taken over when the stopped instance wakes.
const PAST_THE_LEASE: Duration = Duration::from_millis(4_500);

/// How long before a cut the line stops passing anything.
const IN_FLIGHT: Duration = Duration::from_millis(100);

/// How long a stand-by may take from then on.
const TAKEN_WITHIN: Duration = Duration::from_secs(12);

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A service gets SIGKILL and is started again.
    Kill(Service),
    /// A service is stopped for longer than its lease, a stand-by takes over, and the service wakes as a zombie.
    Zombie(Service),
    /// A service's connection to NATS breaks, losing everything in flight, and can't be re-established for a while.
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
            Self::Hold(service) => write!(f, "hold all traffic between {service} and NATS"),
            Self::KillNats => write!(f, "kill -9 nats-server"),
            Self::PauseNats => write!(f, "stop nats-server"),
            Self::KillPostgres => write!(f, "kill -9 postgres"),
            Self::PausePostgres => write!(f, "stop postgres"),
            Self::FullDisk => write!(f, "fill the disk of debit-svc"),
        }
    }
}

impl Fault {
    /// All faults that this stack supports.
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

    /// Injects the fault, holds it for `a_while` where that applies, and recovers.
    pub async fn inject(self, world: &mut World, lasting: Duration) -> Result<()> {
        match self {
            Self::Kill(service) => {
                world.stack.kill(service).await?;
                sleep(lasting / 4).await;
                world.stack.start_service(service).await
            }
            Self::Zombie(service) => zombie(world, service).await,
            Self::Cut(service) => {
                // Everything in flight is lost.
                world.proxy(service).set(Line::Held);
                sleep(IN_FLIGHT).await;
                line(world, service, Line::Cut, lasting).await
            }
            Self::Hold(service) => line(world, service, Line::Held, lasting).await,
            Self::KillNats => {
                world.stack.kill_nats().await?;
                sleep(lasting / 4).await;
                world.stack.start_nats().await
            }
            Self::PauseNats => {
                let pid = world.stack.nats_pid().context("nats-server runs")?;
                pause(&[pid], lasting).await
            }
            Self::KillPostgres => {
                let postgres = world.stack.postgres().context("PostgreSQL runs")?;
                postgres.kill().await?;
                sleep(lasting / 4).await;
                postgres.start_again().await
            }
            Self::PausePostgres => {
                let postgres = world.stack.postgres().context("PostgreSQL runs")?;
                pause(&family(postgres.pid().context("it runs")?), lasting).await
            }
            Self::FullDisk => {
                let ballast = world.disk().context("a small disk")?.fill()?;
                sleep(lasting).await;
                std::fs::remove_file(ballast).context("the ballast can't be removed")
            }
        }
    }
}

async fn pause(pids: &[u32], lasting: Duration) -> Result<()> {
    for pid in pids {
        signal(*pid, Signal::STOP)?;
    }
    sleep(lasting).await;
    for pid in pids {
        signal(*pid, Signal::CONT)?;
    }
    Ok(())
}

async fn line(world: &World, service: Service, line: Line, lasting: Duration) -> Result<()> {
    let proxy = world.proxy(service);
    proxy.set(line);
    sleep(lasting).await;
    proxy.set(Line::Open);
    Ok(())
}

/// The stopped instance believes that it still has the lease. Its next commit must fail; anything it publishes is identical to
/// what the stand-by has published.
async fn zombie(world: &World, service: Service) -> Result<()> {
    let spare = Instance::second(world, service)?;
    // If the first instance has just lost its connection, the second may already work on a shard.
    spare.until_ready().await?;
    let pid = world.stack.pid(service).context("it runs")?;
    signal(pid, Signal::STOP)?;
    sleep(PAST_THE_LEASE).await;
    let taken = timeout(TAKEN_WITHIN, spare.until_both(WORKING)).await;
    signal(pid, Signal::CONT)?;
    if taken.is_ok() {
        until(&world.stack.service_url(service), &[STANDBY], 2).await?;
    } else {
        // An instance that is stopped during a transaction keeps the lock on the file until it ends.
        let on_files = world.stack.options().database.is_in_folder();
        ensure!(on_files, "{service}: no stand-by took over");
        println!("           {service} was stopped while it held its database: no take-over");
    }
    let status = spare.stop().await?;
    ensure!(status.success(), "the stand-by of {service} ended with {status}");
    until(&world.stack.service_url(service), &[WORKING], 2).await
}
