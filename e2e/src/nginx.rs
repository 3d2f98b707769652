//! Debian's nginx in front of a stack: with the server that `deploy/nginx.conf` shows, and with one that has nothing but a
//! `location /`.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Duration, Instant, sleep};
use wallet::stack::address::free_ports;

use crate::{PATIENCE, tool};

/// Compresses whatever it can, so that a stream which must not be held back is one that is compressed.
const GZIP: &str = "gzip on; gzip_types *; gzip_proxied any; gzip_min_length 1;";

/// A running nginx. Dropping it kills it.
#[derive(Debug)]
pub struct Nginx {
    /// The address of the ledger's pages under `/wallet`, without a slash at the end. What passes is compressed.
    pub wallet: String,
    /// Their address at the root of another server.
    pub plain: String,
    child: Child,
    _dir: TempDir,
}

impl Nginx {
    /// In front of the ledger at an address; nothing if it is not installed, and says that the test skips.
    pub async fn start(ledger: &str) -> Result<Option<Self>> {
        let Some(program) = tool("nginx") else {
            return Ok(None);
        };
        let (dir, [wallet, plain]) = (TempDir::new()?, free_ports()?);
        let plain_server =
            format!("server {{ listen 127.0.0.1:{plain}; location / {{ proxy_pass {ledger}; }} }}");
        let servers = format!("{}\n{plain_server}", shipped(wallet, ledger)?);
        let file = dir.path().join("nginx.conf");
        std::fs::write(&file, configuration(dir.path(), &servers))?;
        let log = dir.path().join("error.log");
        let mut command = Command::new(program);
        command.arg("-c").arg(&file).arg("-p").arg(dir.path());
        let child = command
            .arg("-e")
            .arg(&log)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let mut nginx = Self {
            wallet: format!("http://127.0.0.1:{wallet}/wallet"),
            plain: format!("http://127.0.0.1:{plain}"),
            child,
            _dir: dir,
        };
        for port in [wallet, plain] {
            nginx.until_listens(port, &log).await?;
        }
        Ok(Some(nginx))
    }

    async fn until_listens(&mut self, port: u16, log: &Path) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if self.child.try_wait()?.is_some() || Instant::now() > deadline {
                let log = std::fs::read_to_string(log).context("its log")?;
                bail!("nginx does not listen on port {port}: {log}");
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

/// The server as it is shipped, but for the two addresses.
fn shipped(port: u16, ledger: &str) -> Result<String> {
    let mut text = include_str!("../../deploy/nginx.conf").to_owned();
    for (shipped, here) in [
        ("listen 80;", format!("listen 127.0.0.1:{port};\n    {GZIP}")),
        ("http://127.0.0.1:8080/;", format!("{ledger}/;")),
    ] {
        ensure!(
            text.matches(shipped).count() == 1,
            "deploy/nginx.conf has not one {shipped:?}"
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
