//! A standby: a read-only replica that follows the server's commits.

use std::str::FromStr as _;

use anyhow::{Context as _, Result, bail, ensure};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::process::Command;

use super::{Postgres, folder, run_as};

impl Postgres {
    /// Copies this server and starts the copy as its standby.
    pub async fn standby(&self) -> Result<Self> {
        let dir = folder(self.user)?;
        let mut copy = Command::new(self.programs.join("pg_basebackup"));
        copy.args([
            "--username=postgres",
            "--checkpoint=fast",
            "--no-sync",
            "--write-recovery-conf",
        ])
        .args(["--host=127.0.0.1", &format!("--port={}", self.port)])
        .arg("--pgdata")
        .arg(dir.path().join("data"))
        .current_dir(dir.path())
        .kill_on_drop(true);
        run_as(&mut copy, self.user);
        let output = copy.output().await.context("pg_basebackup can't be started")?;
        if !output.status.success() {
            bail!(
                "pg_basebackup: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Self::run(self.programs.clone(), self.user, self.settings.clone(), dir).await
    }

    /// Makes a standby accept writes: it is a primary from now on.
    pub async fn promote(&self) -> Result<()> {
        let mut db = PgConnectOptions::from_str(&self.url())?
            .database("postgres")
            .connect()
            .await
            .context("the standby does not answer")?;
        let promoted: bool = sqlx::query_scalar("SELECT pg_promote()")
            .fetch_one(&mut db)
            .await?;
        ensure!(promoted, "the standby was not promoted in time");
        db.close().await.context("PostgreSQL")
    }
}
