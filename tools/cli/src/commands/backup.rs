//! `wallet backup`: writes the streams into a folder, while the wallet runs.

use anyhow::Result;
use serde_json::json;
use wallet_backup::folder::{Folder, Stream};
use wallet_client::connect::connect;
use wallet_terminal::exit::Exit;
use wallet_terminal::output;

use crate::args::{Backup, Common};

/// Runs `wallet backup`.
pub async fn run(args: &Backup, common: &Common) -> Result<Exit> {
    let services = args.others.services(common)?;
    let connection = connect(&common.nats).await?;
    let made = wallet_backup::back_up(&connection, &services, &Folder::new(&args.folder)).await?;
    let bytes: u64 = made.streams.iter().map(|stream| stream.bytes).sum();
    let messages: u64 = made.streams.iter().map(Stream::last).sum();
    if common.json {
        let folder = args.folder.display().to_string();
        let made = json!({ "folder": folder, "made_at": made.made_at, "streams": made.streams.len(), "messages": messages, "bytes": bytes });
        output::json(&made)?;
    } else {
        output::line(&format!(
            "{}: {} streams with {messages} messages, {bytes} bytes. Try it: wallet restore {0} --dir NEW",
            args.folder.display(),
            made.streams.len()
        ))?;
    }
    Ok(Exit::Ok)
}
