//! A minimal NATS client: it sends exactly what it is given, and sees the server's refusal at once.
//!
//! A library hides refusals (a publish is answered later, or never) and doesn't let a test misbehave.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::PATIENCE;

/// A connection.
#[derive(Debug)]
pub struct Raw {
    stream: BufReader<TcpStream>,
}

impl Raw {
    /// Connects and logs in.
    pub async fn connect(address: SocketAddr, user: Option<(&str, &str)>) -> Result<Self> {
        let stream = BufReader::new(TcpStream::connect(address).await?);
        let mut raw = Self { stream };
        let mut hello = json!({ "verbose": false, "pedantic": false, "headers": true, "no_responders": true, "protocol": 1,
            "lang": "test", "version": "0", "name": "raw" });
        if let Some((user, password)) = user {
            hello["user"] = user.into();
            hello["pass"] = password.into();
        }
        match raw.send(&format!("CONNECT {hello}\r\n")).await? {
            None => Ok(raw),
            Some(error) => bail!("{error}"),
        }
    }

    /// Publishes; returns the server's error, if any.
    pub async fn publish(&mut self, subject: &str, reply: &str, body: &str) -> Result<Option<String>> {
        let length = body.len();
        self.send(&format!("PUB {subject} {reply} {length}\r\n{body}\r\n"))
            .await
    }

    /// Subscribes; returns the server's error, if any.
    pub async fn subscribe(&mut self, subject: &str) -> Result<Option<String>> {
        self.send(&format!("SUB {subject} 1\r\n")).await
    }

    /// Sends a line and waits until the server has processed it: its error, if any, arrives before the answer to a ping.
    async fn send(&mut self, text: &str) -> Result<Option<String>> {
        let stream = self.stream.get_mut();
        stream.write_all(text.as_bytes()).await?;
        stream.write_all(b"PING\r\n").await?;
        timeout(PATIENCE, self.until_pong())
            .await
            .context("no reply to a ping")?
    }

    async fn until_pong(&mut self) -> Result<Option<String>> {
        let mut error = None;
        loop {
            let mut line = Vec::new();
            let read = self.stream.read_until(b'\n', &mut line).await?;
            let line = String::from_utf8_lossy(&line);
            match line.trim() {
                "PONG" => return Ok(error),
                "PING" => self.stream.get_mut().write_all(b"PONG\r\n").await?,
                line if line.starts_with("-ERR") => error = Some(line.to_owned()),
                _ if read == 0 => bail!("closed: {}", error.unwrap_or_default()),
                _ => {}
            }
        }
    }
}
