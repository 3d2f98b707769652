//! NATS servers outside a stack: with a test's own configuration, alone or in a cluster.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use wallet_stack::address::free_ports;

use crate::wait;

/// A server with a test's own configuration. Dropping it kills it.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    dir: TempDir,
}

impl Server {
    /// Starts one with `configured` in addition to its port and a folder for its streams.
    pub async fn start(configured: &str) -> Result<Self> {
        let [port] = free_ports()?;
        Self::on(port, configured).await
    }

    async fn on(port: u16, configured: &str) -> Result<Self> {
        let dir = TempDir::new()?;
        let store = dir.path().join("jetstream");
        let store = store.display();
        let text =
            format!("listen: \"127.0.0.1:{port}\"\njetstream {{ store_dir: \"{store}\" }}\n{configured}\n");
        let file = dir.path().join("nats.conf");
        std::fs::write(&file, text)?;
        let mut command = program().await?;
        command.arg("--config").arg(&file);
        let child = listening(&mut command, port, dir.path()).await?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        Ok(Self { address, child, dir })
    }

    /// Its URL, without a login.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// Its log.
    pub fn log(&self) -> String {
        log(self.dir.path())
    }

    /// Kills it with SIGKILL.
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// A cluster of three servers: a stream with three replicas survives the loss of any one of them.
pub async fn cluster() -> Result<[Server; 3]> {
    // All at once: a port is free again after the call, so two calls could return the same one.
    let ports: [u16; 6] = free_ports()?;
    let (clients, routes) = ports.split_at(3);
    let peer = |port: &u16| format!("\"nats://127.0.0.1:{port}\"");
    let peers = routes.iter().map(peer).collect::<Vec<_>>().join(", ");
    let start = |at: usize| {
        let (client, route) = (clients[at], routes[at]);
        let configured = format!(
            "server_name: n{at}\ncluster {{ name: wallet, listen: \"127.0.0.1:{route}\", routes: [{peers}] }}"
        );
        async move { Server::on(client, &configured).await }
    };
    let (one, two, three) = tokio::try_join!(start(0), start(1), start(2))?;
    Ok([one, two, three])
}

/// The nats-server that the wallet uses.
pub async fn program() -> Result<Command> {
    let program = tokio::task::spawn_blocking(wallet_stack::nats::find).await??;
    Ok(Command::new(program))
}

/// Starts a server and waits until it listens. Its log goes to a file in `dir`.
pub async fn listening(command: &mut Command, port: u16, dir: &Path) -> Result<Child> {
    let file = std::fs::File::create(dir.join("nats.log"))?;
    let mut child = command.stderr(Stdio::from(file)).kill_on_drop(true).spawn()?;
    let listens = wait::until_listens(&mut child, format!("127.0.0.1:{port}"), || log(dir));
    listens.await.context("nats-server")?;
    Ok(child)
}

fn log(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("nats.log")).unwrap_or_default()
}
