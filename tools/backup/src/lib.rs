//! Backs up a wallet while it runs, and restores it.
//!
//! A backup is the streams. The databases are what the streams add up to: services rebuild them from restored streams when they start.
//! While the streams are read, one after the other, no decision is copied from one to another, so every copy in the backup has its
//! original there, and after a restore the services send whatever was not yet copied.
//!
//! | module | does |
//! |---|---|
//! | [`folder`] | the files of a backup |
//! | [`pause`] | stops the services from sending copies |
//! | [`snapshot`] | reads a stream as a snapshot of the server's |
//! | [`restore`] | gives a server its streams back |

pub mod folder;
pub mod pause;
pub mod restore;
pub mod snapshot;

use anyhow::{Context as _, Result};
use wallet_client::connect::Connection;
use wallet_contract::stream;

use folder::{Folder, Manifest};
use pause::{Pause, Services};

/// Backs up all streams into a new folder.
pub async fn back_up(connection: &Connection, services: &Services, folder: &Folder) -> Result<Manifest> {
    let shards = connection.shards().await?;
    folder.create()?;
    let pause = Pause::begin(services, shards).await?;
    let read = async {
        let mut streams = Vec::new();
        for shard in shards.all() {
            let name = stream::name(shard);
            let stream = snapshot::read(connection, &name, folder)
                .await
                .with_context(|| format!("stream {name} can't be backed up"))?;
            streams.push(stream);
        }
        Ok(streams)
    };
    let streams = pause.during(read).await?;
    let manifest = Manifest::new(shards, streams);
    folder.finish(&manifest)?;
    Ok(manifest)
}
