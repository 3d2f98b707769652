//! Debian's nginx as a reverse proxy: with the server of `deploy/nginx.conf`, with one that has only a `location /`, and with
//! one that accepts small messages only.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use wallet_stack::address::free_ports;

use crate::receivers::Receiver;
use crate::{tool, wait};

/// Compresses everything it can, so that streams which must not be held back are tested with compression.
const GZIP: &str = "gzip on; gzip_types *; gzip_proxied any; gzip_min_length 1;";

/// A running nginx. Dropping it kills it.
#[derive(Debug)]
pub struct Nginx {
    child: Child,
    dir: TempDir,
}

/// A proxy in front of a ledger.
#[derive(Debug)]
pub struct Front {
    /// The address of the ledger's pages under `/wallet`, without a trailing slash. Responses are compressed.
    pub wallet: String,
    /// Their address at the root of another server.
    pub plain: String,
    _nginx: Nginx,
}

/// A proxy in front of a receiver of spans.
#[derive(Debug)]
pub struct Narrow {
    /// Where it takes HTTP.
    pub http: String,
    /// Where it takes gRPC.
    pub grpc: String,
    _nginx: Nginx,
}

impl Front {
    /// Starts it in front of the ledger at an address. Returns nothing, and prints that the test skips, if nginx is not
    /// installed.
    pub async fn start(ledger: &str) -> Result<Option<Self>> {
        let [wallet, plain] = free_ports()?;
        let servers = format!(
            "{}\nserver {{ listen 127.0.0.1:{plain}; location / {{ proxy_pass {ledger}; }} }}",
            shipped(wallet, ledger)?
        );
        Ok(Nginx::start(&[wallet, plain], &servers).await?.map(|nginx| Self {
            wallet: format!("http://127.0.0.1:{wallet}/wallet"),
            plain: format!("http://127.0.0.1:{plain}"),
            _nginx: nginx,
        }))
    }
}

impl Narrow {
    /// Starts it in front of a receiver, with this limit on the size of a message. Returns nothing, and prints that the test
    /// skips, if nginx is not installed.
    pub async fn start(receiver: &Receiver, bytes: usize) -> Result<Option<Self>> {
        let [http, grpc] = free_ports()?;
        let to_grpc = receiver.grpc.replace("http://", "grpc://");
        let servers = format!(
            "client_max_body_size {bytes};\n\
             server {{ listen 127.0.0.1:{http}; location / {{ proxy_pass {}; }} }}\n\
             server {{ listen 127.0.0.1:{grpc} http2; location / {{ grpc_pass {to_grpc}; }} }}",
            receiver.http
        );
        Ok(Nginx::start(&[http, grpc], &servers).await?.map(|nginx| Self {
            http: format!("http://127.0.0.1:{http}"),
            grpc: format!("http://127.0.0.1:{grpc}"),
            _nginx: nginx,
        }))
    }
}

impl Nginx {
    async fn start(ports: &[u16], servers: &str) -> Result<Option<Self>> {
        let Some(program) = tool("nginx") else {
            return Ok(None);
        };
        let dir = TempDir::new()?;
        let file = dir.path().join("nginx.conf");
        std::fs::write(&file, configuration(dir.path(), servers))?;
        let mut command = Command::new(program);
        command.arg("-c").arg(&file).arg("-p").arg(dir.path());
        command.arg("-e").arg(dir.path().join("error.log"));
        let child = command.stdin(Stdio::null()).kill_on_drop(true).spawn()?;
        let mut nginx = Self { child, dir };
        for port in ports {
            nginx.until_listens(*port).await?;
        }
        Ok(Some(nginx))
    }

    async fn until_listens(&mut self, port: u16) -> Result<()> {
        let log = self.dir.path().join("error.log");
        let log = || std::fs::read_to_string(&log).unwrap_or_default();
        let listens = wait::until_listens(&mut self.child, format!("127.0.0.1:{port}"), log);
        listens.await.context("nginx")
    }
}

/// The server as shipped, except for the two addresses.
fn shipped(port: u16, ledger: &str) -> Result<String> {
    let mut text = include_str!("../../../deploy/nginx.conf").to_owned();
    for (shipped, here) in [
        ("listen 80;", format!("listen 127.0.0.1:{port};\n    {GZIP}")),
        ("http://127.0.0.1:8080/;", format!("{ledger}/;")),
    ] {
        ensure!(
            text.matches(shipped).count() == 1,
            "deploy/nginx.conf must contain {shipped:?} exactly once"
        );
        text = text.replace(shipped, &here);
    }
    Ok(text)
}

/// One process of the current user, which writes below `dir` only.
fn configuration(dir: &Path, servers: &str) -> String {
    let dir = dir.display();
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let folders = folders
        .map(|name| format!("{name}_temp_path {dir}/{name};"))
        .join("\n");
    format!(
        "daemon off;\nmaster_process off;\npid {dir}/nginx.pid;\nevents {{}}\nhttp {{\naccess_log off;\n{folders}\n{servers}\n}}\n"
    )
}
