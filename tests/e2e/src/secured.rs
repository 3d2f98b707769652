//! A stack on the NATS configuration that we ship, with its users and their permissions.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Result, ensure};
use tempfile::TempDir;
use tokio::process::Child;
use wallet_contract::subject::Service;
use wallet_nats::Settings;
use wallet_stack::address::free_ports;

use crate::World;
use crate::raw::Raw;
use crate::server::{listening, program};

/// The prefix of every user's password; the user's name follows.
pub const PASSWORD: &str = "secret-of-";
/// The users of the configuration.
pub const USERS: [&str; 6] = ["debit", "credit", "ledger", "operator", "backup", "alice"];

/// nats-server with `deploy/nats.conf`, and a stack on it; the world's own connection is the operator's.
pub struct Secured {
    /// The stack.
    pub world: World,
    /// Where the server listens.
    pub address: SocketAddr,
    _server: Child,
    _dir: TempDir,
}

impl Secured {
    /// Starts the server and the three services, each as its user.
    pub async fn start() -> Result<Self> {
        let (dir, [port]) = (TempDir::new()?, free_ports()?);
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let server = server(dir.path(), port).await?;
        let nats_urls = Service::ALL.map(|service| (service, url(address, service.token())));
        let world = World::on(Settings::at(url(address, "operator")), BTreeMap::from(nats_urls)).await?;
        Ok(Self {
            world,
            address,
            _server: server,
            _dir: dir,
        })
    }

    /// A bare connection as a user.
    pub async fn raw(&self, user: &str) -> Result<Raw> {
        Raw::connect(self.address, Some((user, &password(user)))).await
    }
}

/// A user's password.
pub fn password(user: &str) -> String {
    format!("{PASSWORD}{user}")
}

/// The server's URL for a user.
pub fn url(address: SocketAddr, user: &str) -> String {
    format!("nats://{user}:{}@{address}", password(user))
}

/// The configuration as shipped, except for ports and folder.
fn configuration(dir: &Path, port: u16) -> Result<String> {
    let mut text = include_str!("../../../deploy/nats.conf").to_owned();
    let store = dir.join("data");
    for (shipped, here) in [
        ("\nport: 4222\n", format!("\nlisten: \"127.0.0.1:{port}\"\n")),
        ("\nhttp: 8222\n", "\n".to_owned()),
        (
            "store_dir: /data\n",
            format!("store_dir: \"{}\"\n", store.display()),
        ),
        ("max_file_store: 50GB", "max_file_store: 1GB".to_owned()),
    ] {
        ensure!(
            text.matches(shipped).count() == 1,
            "deploy/nats.conf must contain {shipped:?} exactly once"
        );
        text = text.replace(shipped, &here);
    }
    Ok(text)
}

async fn server(dir: &Path, port: u16) -> Result<Child> {
    let file = dir.join("nats.conf");
    std::fs::write(&file, configuration(dir, port)?)?;
    let mut command = program().await?;
    command.arg("--config").arg(&file);
    for user in USERS {
        command.env(format!("{}_NATS_PASSWORD", user.to_uppercase()), password(user));
    }
    listening(&mut command, port, dir).await
}
