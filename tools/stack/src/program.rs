//! A service's program, with its settings in the environment.

use std::path::Path;

use anyhow::Result;
use tokio::process::Command;
use wallet_contract::subject::Service;
use wallet_nats::{Hidden, Settings};

use super::Options;

impl Options {
    /// Address and login of the NATS servers.
    pub(super) fn nats(&self) -> Settings {
        let own = || Settings::at(format!("nats://{}", self.addresses.nats));
        self.nats.clone().unwrap_or_else(own)
    }

    /// The program of a service of this stack, ready to run with further arguments.
    pub fn program(&self, service: Service) -> Result<Command> {
        command(self, &self.programs()?, service)
    }
}

/// The program of a service, in the folder `programs`.
pub(super) fn command(options: &Options, programs: &Path, service: Service) -> Result<Command> {
    let mut nats = options.nats();
    if let Some(url) = options.nats_urls.get(&service) {
        nats.nats = Some(Hidden(url.clone()));
    }
    let mut command = Command::new(programs.join(service.name()));
    for (variable, value) in nats.environment() {
        match value {
            Some(value) => command.env(variable, value),
            None => command.env_remove(variable),
        };
    }
    command
        .env(
            "WALLET_DATABASE_URL",
            options.database.url(service, &options.dir)?,
        )
        .env("WALLET_HTTP_ADDR", options.addresses.of(service).to_string())
        .env("WALLET_SHARDS", options.shards.count().to_string());
    // Our own environment is meant for another stack.
    command.env_remove("WALLET_HTTP_TOKEN_FILE");
    command.env(
        "WALLET_HTTP_TOKEN",
        options.http_token.as_deref().unwrap_or_default(),
    );
    if let Some(seconds) = options.stuck_after {
        command.env("WALLET_STUCK_AFTER", seconds.to_string());
    }
    command.envs(&options.settings);
    // Our own server is a single one.
    let alone = options.nats.is_none().then_some(1);
    if let Some(replicas) = options.replicas.or(alone) {
        command.env("WALLET_STREAM_REPLICAS", replicas.to_string());
    }
    Ok(command)
}
