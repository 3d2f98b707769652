//! Stops the services from sending copies of decisions to other shards, while the streams are read.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use wallet_client::api::Api;
use wallet_client::api::healing::Pausing;
use wallet_contract::shard::Shards;
use wallet_contract::subject::Service;

/// How often a pause is extended; it lasts three times as long.
const EXTEND: Duration = Duration::from_secs(5);

/// Clients of the three services. Each must be the instance that works.
pub type Services = [(Service, Api); 3];

/// A pause of all copies.
pub(crate) struct Pause<'a> {
    services: &'a Services,
    number: u64,
}

impl<'a> Pause<'a> {
    /// Begins a pause at every service.
    pub(crate) async fn begin(services: &'a Services, shards: Shards) -> Result<Self> {
        let pause = Self {
            services,
            number: fastrand::u64(1..),
        };
        let begun = pause.everywhere(shards).await;
        if begun.is_err() {
            pause.end().await?;
        }
        begun.map(|()| pause)
    }

    async fn everywhere(&self, shards: Shards) -> Result<()> {
        for (service, api) in self.services {
            let paused = api.pause(Pausing { pause: self.number }).await;
            let paused = paused.with_context(|| format!("{service} at {} can't be paused", api.url()))?;
            let all: BTreeSet<u16> = shards.all().map(|shard| shard.0).collect();
            let working: BTreeSet<u16> = paused.working_on.into_iter().collect();
            if let Some(shard) = all.difference(&working).next() {
                bail!(
                    "the instance of {service} at {} does not work on shard {shard}: name the one that does, or wait until it works",
                    api.url()
                );
            }
        }
        Ok(())
    }

    /// Runs `work`, during which the pause must last.
    pub(crate) async fn during<T>(self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let extend = async {
            loop {
                tokio::time::sleep(EXTEND).await;
                for (service, api) in self.services {
                    let extended = api.pause(Pausing { pause: self.number }).await;
                    if let Err(error) = extended {
                        return anyhow::Error::new(error)
                            .context(format!("{service} could not be kept paused"));
                    }
                }
            }
        };
        let done = tokio::select! {
            done = work => done,
            failed = extend => Err(failed),
        };
        let lasted = self.end().await;
        let done = done?;
        if !lasted? {
            bail!("a service was restarted, or not paused all the time: try again");
        }
        Ok(done)
    }

    /// Ends the pause; tells whether it lasted until now.
    async fn end(&self) -> Result<bool> {
        let mut lasted = true;
        for (service, api) in self.services {
            let resumed = api.resume(Pausing { pause: self.number }).await;
            lasted &= resumed.with_context(|| format!("{service}"))?.lasted;
        }
        Ok(lasted)
    }
}
