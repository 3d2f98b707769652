//! Changes the shards' streams, as their owner can.

use anyhow::{Context as _, Result, bail};
use async_nats::jetstream::response::Response;
use serde_json::Value;
use wallet_contract::shard::Shard;
use wallet_contract::stream::{self, Config, Found};

use crate::World;

/// Changes settings of a shard's stream.
pub async fn change(world: &World, shard: u16, settings: &[(&str, Value)]) -> Result<()> {
    let mut config = config(world, shard).await?;
    for (name, value) in settings {
        config.insert((*name).to_owned(), value.clone());
    }
    put(world, shard, &config).await
}

/// All settings of a shard's stream.
pub async fn config(world: &World, shard: u16) -> Result<Config> {
    let found = world.nats.stream(Shard(shard)).await?;
    Ok(found.context("the stream does not exist")?.config)
}

/// Gives a shard's stream these settings.
pub async fn put(world: &World, shard: u16, config: &Config) -> Result<()> {
    let subject = format!("STREAM.UPDATE.{}", stream::name(Shard(shard)));
    match world.nats.jetstream().request(subject, config).await? {
        Response::Ok(Found { .. }) => Ok(()),
        Response::Err { error } => bail!("{error}: {config:?}"),
    }
}

/// Makes a shard's stream lose messages by setting limits for a moment.
pub async fn tear(world: &World, shard: u16, limits: &[(&str, Value)]) -> Result<()> {
    let original = config(world, shard).await?;
    let old = ("discard", Value::from("old"));
    change(world, shard, &[limits, &[old]].concat()).await?;
    put(world, shard, &original).await
}
