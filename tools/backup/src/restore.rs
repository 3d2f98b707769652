//! Gives a server its streams back. They must not exist there: nothing is ever overwritten.

use std::io::Read as _;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use async_nats::client::Request;
use async_nats::jetstream::response::Response;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use wallet_client::connect::Connection;
use wallet_contract::shard::Shard;
use wallet_contract::stream;

use super::folder::{Folder, Manifest, Stream};

/// The size of a chunk.
const CHUNK: usize = 128 * 1024;
/// Timeout for the acknowledgement of a chunk, and for the server to open the restored stream.
const DONE_WITHIN: Duration = Duration::from_mins(2);

#[derive(Debug, Deserialize)]
struct Begun {
    deliver_subject: String,
}

/// Restores all streams of a backup.
pub async fn restore(connection: &Connection, folder: &Folder) -> Result<Manifest> {
    let manifest = folder.manifest()?;
    for (shard, saved) in (0..).map(Shard).zip(&manifest.streams) {
        folder.check(saved)?;
        if connection.stream(shard).await?.is_some() {
            bail!(
                "the NATS server at {} has a stream {} already: restore into an empty server, with all services stopped",
                connection.host(),
                stream::name(shard)
            );
        }
    }
    for saved in &manifest.streams {
        let name = &saved.name;
        one(connection, folder, saved)
            .await
            .with_context(|| format!("stream {name} can't be restored"))?;
    }
    Ok(manifest)
}

async fn one(connection: &Connection, folder: &Folder, saved: &Stream) -> Result<()> {
    let request = json!({ "config": saved.config, "state": saved.state });
    let asked = connection
        .jetstream()
        .request(format!("STREAM.RESTORE.{}", saved.name), &request);
    let Begun { deliver_subject } = match asked.await? {
        Response::Ok(begun) => begun,
        Response::Err { error } => bail!("{error}"),
    };
    let path = folder.file(&saved.name);
    let mut file = std::fs::File::open(&path).with_context(|| format!("{} can't be read", path.display()))?;
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = file
            .read(&mut buffer)
            .with_context(|| format!("{} can't be read", path.display()))?;
        // An empty chunk is the end.
        let request = Request::new()
            .payload(Bytes::copy_from_slice(&buffer[..read]))
            .timeout(Some(DONE_WITHIN));
        let reply = connection
            .client()
            .send_request(deliver_subject.clone(), request)
            .await?;
        if let Ok(reply) = serde_json::from_slice::<Value>(&reply.payload)
            && let Some(error) = reply.get("error")
        {
            bail!("{error}");
        }
        if read == 0 {
            return Ok(());
        }
    }
}
