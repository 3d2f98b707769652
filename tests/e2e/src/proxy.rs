//! A TCP proxy between a service and a server, which lets a test break the connection or redirect new ones.
//!
//! *Cut*: connections are closed and new ones refused. *Held*: nothing is closed and nothing passes, as with an unplugged
//! cable; data sent meanwhile arrives late when the line opens again, or is lost when it is cut.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The state of the line between the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Everything passes.
    Open,
    /// Nothing passes, nothing is closed.
    Held,
    /// Everything is closed.
    Cut,
}

/// A running proxy; it ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    line: watch::Sender<Line>,
    target: watch::Sender<SocketAddr>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Listens on a free port of this machine, in front of `target`.
    pub async fn start(target: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (line, seen) = watch::channel(Line::Open);
        let (target, target_of) = watch::channel(target);
        let task = tokio::spawn(accept(listener, target_of, seen));
        Ok(Self {
            address,
            line,
            target,
            task,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends new connections to another server from now on.
    pub fn set_target(&self, target: SocketAddr) {
        self.target.send_replace(target);
    }

    /// Its address as a NATS URL.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// Changes the state of the line.
    pub fn set(&self, line: Line) {
        self.line.send_replace(line);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.line.send_replace(Line::Cut);
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, target: watch::Receiver<SocketAddr>, line: watch::Receiver<Line>) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            // Most likely out of file descriptors, which will be freed.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        if *line.borrow() != Line::Cut {
            tokio::spawn(connect(client, *target.borrow(), line.clone()));
        }
    }
}

async fn connect(client: TcpStream, target: SocketAddr, mut line: watch::Receiver<Line>) {
    let Ok(server) = TcpStream::connect(target).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = pass(from_client, to_server, line.clone()) => {}
        () = pass(from_server, to_client, line.clone()) => {}
        _ = line.wait_for(|line| *line == Line::Cut) => {}
    }
}

/// Copies one direction until either side ends.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut line: watch::Receiver<Line>,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let open = line.wait_for(|line| *line != Line::Held).await;
        let lost = open.map_or(true, |line| *line == Line::Cut);
        if lost || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_is_open_then_held_then_cut() {
        let echo = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = echo.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = echo.accept().await.unwrap();
            let (mut reader, mut writer) = stream.split();
            tokio::io::copy(&mut reader, &mut writer).await
        });
        let proxy = Proxy::start(target).await.unwrap();
        let mut client = TcpStream::connect(proxy.address).await.unwrap();
        let mut answer = [0; 1];
        client.write_all(b"a").await.unwrap();
        client.read_exact(&mut answer).await.unwrap();

        proxy.set(Line::Held);
        client.write_all(b"b").await.unwrap();
        let waited = tokio::time::timeout(Duration::from_millis(100), client.read_exact(&mut answer)).await;
        assert!(waited.is_err(), "a held line passes nothing");
        proxy.set(Line::Open);
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"b", "and loses nothing");

        proxy.set(Line::Cut);
        assert_eq!(client.read(&mut answer).await.unwrap(), 0, "a cut line is closed");
    }
}
