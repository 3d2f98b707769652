//! Redis Cluster with a hash tag: all accounts share one slot, and a script moves money in one step.
//!
//! That is correct, and it is one master: a script can't touch keys of two slots (`CROSSSLOT`), so the other masters are idle. A
//! script's writes are one transaction in the append-only file, so they survive as a whole or not at all.

use std::ops::Range;

use anyhow::Result;
use async_trait::async_trait;
use redis::AsyncCommands as _;
use redis::Script;
use redis::cluster_async::ClusterConnection;

use crate::kind::Kind;
use crate::paying;
use crate::program::Programs;
use crate::servers::masters::Masters;
use crate::servers::postgres::ended;
use crate::stop::Stop;
use crate::system::{Balance, Paid, Payment, System};

/// Where the paying process can die, other than before anything has happened.
pub const POINTS: [&str; 1] = ["paid, reply lost"];

/// Payer, payee and the payment's id are keys; the amount is an argument.
const PAY: &str = "
    if redis.call('EXISTS', KEYS[3]) == 1 then return 'known' end
    if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[1]) then return 'refused' end
    redis.call('DECRBY', KEYS[1], ARGV[1])
    redis.call('INCRBY', KEYS[2], ARGV[1])
    redis.call('SET', KEYS[3], ARGV[1])
    return 'settled'";

/// The masters, with their connection.
pub struct RedisOneSlot {
    masters: Masters,
    script: Script,
    programs: Programs,
}

/// The text in braces determines the slot.
fn key(tag: &str, account: u32) -> String {
    format!("{{{tag}}}:a{account:04}")
}

/// Moves money between two keys, if both are in one slot.
async fn call(script: &Script, mut redis: ClusterConnection, keys: [&str; 3], cents: i64) -> Result<String> {
    let [payer, payee, id] = keys;
    let mut call = script.key(payer);
    Ok(call
        .key(payee)
        .key(id)
        .arg(cents)
        .invoke_async(&mut redis)
        .await?)
}

impl RedisOneSlot {
    /// Starts three masters; two of them will be idle.
    pub async fn start(programs: Programs) -> Result<Self> {
        Ok(Self::on(Masters::start().await?, programs))
    }

    /// Connects to running masters.
    pub async fn attach(programs: Programs, way: &[String]) -> Result<Self> {
        Ok(Self::on(Masters::attach(way).await?, programs))
    }

    fn on(masters: Masters, programs: Programs) -> Self {
        Self {
            masters,
            script: Script::new(PAY),
            programs,
        }
    }

    /// Tries to pay between accounts of two slots; returns Redis's answer.
    pub async fn across_slots(&self) -> Result<String> {
        let keys = [&key("east", 0), &key("west", 0), "{east}:id"];
        call(
            &self.script,
            self.masters.connection(),
            keys.map(|key| -> &str { key }),
            1,
        )
        .await
    }
}

#[async_trait(?Send)]
impl System for RedisOneSlot {
    async fn open(&self, accounts: Range<u32>, cents: i64) -> Result<()> {
        let pairs: Vec<(String, i64)> = accounts.map(|account| (key("bank", account), cents)).collect();
        let () = self.masters.connection().mset(&pairs).await?;
        Ok(())
    }

    async fn pay(&self, payment: &Payment, stop: &Stop) -> Result<Paid> {
        let (payer, payee) = (key("bank", payment.payer), key("bank", payment.payee));
        let id = format!("{{bank}}:{}", payment.id);
        let keys = [payer.as_str(), &payee, &id];
        let word = call(&self.script, self.masters.connection(), keys, payment.cents).await?;
        stop.at("paid, reply lost").await;
        ended(&word)
    }

    async fn balances(&self, accounts: Range<u32>) -> Result<Vec<Balance>> {
        let keys: Vec<String> = accounts.map(|account| key("bank", account)).collect();
        let read: Vec<i64> = self.masters.connection().mget(&keys).await?;
        let balance = |available| Balance {
            available,
            ..Balance::default()
        };
        Ok(read.into_iter().map(balance).collect())
    }

    fn way(&self) -> Vec<String> {
        self.masters.urls()
    }

    async fn pids(&self) -> Vec<u32> {
        self.masters.pids().await
    }

    async fn kill_at(&self, point: &str, payment: &Payment) -> Result<()> {
        paying::kill_at(&self.programs, Kind::RedisOneSlot, self, point, payment).await
    }

    async fn recover(&self) -> Result<()> {
        Ok(())
    }

    async fn kill_node(&self) -> Result<&'static str> {
        self.masters.kill().await
    }

    async fn start_node(&self) -> Result<()> {
        self.masters.start_again().await
    }

    async fn stop(self: Box<Self>) -> Result<()> {
        self.masters.stop().await
    }
}
