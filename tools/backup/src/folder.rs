//! The files of a backup: `backup.json`, written last, and a file for each stream.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use wallet_client::clock;
use wallet_contract::shard::Shards;

/// The file that makes a folder a backup.
const MANIFEST: &str = "backup.json";
/// The form of the folder.
const FORMAT: u32 = 1;

/// A folder with a backup.
#[derive(Debug)]
pub struct Folder(PathBuf);

/// What a backup holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the folder.
    format: u32,
    /// When it was complete.
    pub made_at: Timestamp,
    /// The number of shards.
    pub shards: u16,
    /// A stream for each shard.
    pub streams: Vec<Stream>,
}

/// A stream in a backup.
#[derive(Debug, Serialize, Deserialize)]
pub struct Stream {
    /// Its name, and that of its file.
    pub name: String,
    /// Its configuration, as the server reports it.
    pub config: Value,
    /// Its state, as the server reports it.
    pub state: Value,
    /// The size of its file, in bytes.
    pub bytes: u64,
    /// The SHA-256 of its file.
    pub sha256: String,
}

impl Stream {
    /// The last sequence of the stream.
    pub fn last(&self) -> u64 {
        self.state["last_seq"].as_u64().unwrap_or_default()
    }
}

impl Manifest {
    pub(crate) fn new(shards: Shards, streams: Vec<Stream>) -> Self {
        Self {
            format: FORMAT,
            made_at: clock::now(),
            shards: shards.count(),
            streams,
        }
    }
}

impl Folder {
    /// A folder, which need not exist.
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub(crate) fn create(&self) -> Result<()> {
        let shown = self.0.display();
        if self.0.exists() && fs::read_dir(&self.0).is_ok_and(|mut files| files.next().is_some()) {
            bail!("{shown} is not empty: a backup needs a folder of its own");
        }
        fs::create_dir_all(&self.0).with_context(|| format!("{shown} can't be created"))
    }

    pub(crate) fn file(&self, stream: &str) -> PathBuf {
        self.0.join(format!("{stream}.snapshot"))
    }

    /// Completes a backup.
    pub(crate) fn finish(&self, manifest: &Manifest) -> Result<()> {
        let path = self.0.join(MANIFEST);
        let text = serde_json::to_string_pretty(manifest)?;
        fs::write(&path, text).with_context(|| format!("{} can't be written", path.display()))?;
        // Names are durable once their folder is.
        let folder = File::open(&self.0).and_then(|folder| folder.sync_all());
        folder.with_context(|| format!("{} can't be synced", self.0.display()))
    }

    /// Reads what the folder holds.
    pub fn manifest(&self) -> Result<Manifest> {
        let path = self.0.join(MANIFEST);
        let shown = path.display();
        let text = fs::read_to_string(&path).with_context(|| {
            format!(
                "{shown} can't be read: {} is not a complete backup",
                self.0.display()
            )
        })?;
        let manifest: Manifest =
            serde_json::from_str(&text).with_context(|| format!("{shown} is not the record of a backup"))?;
        if manifest.format != FORMAT {
            let format = manifest.format;
            bail!(
                "{shown} has format {format}, and this program reads {FORMAT}: use the version that made the backup"
            );
        }
        let shards = Shards::new(manifest.shards).with_context(|| format!("{shown}: shards"))?;
        let expected = shards.all().map(wallet_contract::stream::name);
        if !expected.eq(manifest.streams.iter().map(|stream| stream.name.clone())) {
            bail!(
                "{shown} does not name one stream for each of {} shards",
                manifest.shards
            );
        }
        Ok(manifest)
    }

    /// Checks that the file of a stream is as it was written.
    pub(crate) fn check(&self, stream: &Stream) -> Result<()> {
        let path = self.file(&stream.name);
        let shown = path.display();
        let mut digest = Sha256::new();
        let read = File::open(&path).and_then(|mut file| std::io::copy(&mut file, &mut digest));
        let bytes = read.with_context(|| format!("{shown} can't be read"))?;
        if (bytes, hex(digest)) != (stream.bytes, stream.sha256.clone()) {
            bail!("{shown} is not as the backup wrote it: it is damaged, or another backup's");
        }
        Ok(())
    }
}

/// A digest in hexadecimal.
pub(crate) fn hex(digest: Sha256) -> String {
    digest.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
