//! Whether the service on this machine is ready, for container health checks.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Queries `/readyz` of the service on this machine.
pub(super) async fn ask(address: SocketAddr) -> anyhow::Result<()> {
    let host = if address.ip().is_unspecified() {
        IpAddr::V4(Ipv4Addr::LOCALHOST)
    } else {
        address.ip()
    };
    let address = SocketAddr::new(host, address.port());
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET /readyz HTTP/1.0\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = tokio::time::timeout(Duration::from_secs(5), ask).await;
    let answer = answer
        .context("no reply within 5 s")?
        .with_context(|| format!("no reply on {address}"))?;
    if !answer.lines().next().unwrap_or_default().contains(" 200 ") {
        bail!("not ready: {}", answer.lines().last().unwrap_or_default());
    }
    // stdout may be closed; the exit code says the same.
    let _ = std::io::stdout().write_all(b"ready\n");
    Ok(())
}
