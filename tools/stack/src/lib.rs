//! A local stack: a NATS server and the three services as child processes, in one folder.
//!
//! | part | does |
//! |---|---|
//! | [`Options`] | folder, number of shards, databases, addresses |
//! | [`folder`] | what the folder records about its wallet |
//! | [`nats`] | finds or downloads a nats-server and writes its configuration |
//! | [`database`], [`postgres`] | a database for each service; a throwaway PostgreSQL |
//! | [`program`] | a service's program, with its settings |
//! | [`process`], [`ready`] | children, their logs and signals; their readiness |
//!
//! No process outlives it: [`Stack::stop`] stops the services first, in order, then NATS; dropping a stack kills its children.
//! Children are signalled by their own id only, never by name.

pub mod address;
pub mod database;
pub mod folder;
pub mod nats;
pub mod options;
pub mod postgres;
pub mod process;
pub mod program;
pub mod ready;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use wallet_contract::subject::Service;
use wallet_nats::{DEFAULT_URL, Hidden, Settings};

pub use self::address::Addresses;
pub use self::database::Database;
pub use self::options::Options;
use self::process::Process;

/// Timeout for a child's orderly stop, after which it is killed. A service exits a second before that, and reports what hung.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// The interval for polling the children.
const WATCH: Duration = Duration::from_millis(200);
/// Timeout for everything to be ready; a service that was killed waits for its own lease of 3 s.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// A running stack.
#[derive(Debug)]
pub struct Stack {
    options: Options,
    programs: PathBuf,
    nats: Option<nats::Server>,
    services: BTreeMap<Service, Process>,
    http: reqwest::Client,
    /// Held while the stack runs, so that no other stack uses the folder.
    _lock: File,
}

impl Stack {
    /// Starts everything and waits until it is ready. On an error, whatever was started is stopped again.
    pub async fn start(options: Options) -> Result<Self> {
        let mut stack = Self::prepare(options).await?;
        match stack.start_all().await {
            Ok(()) => Ok(stack),
            Err(error) => {
                stack.stop().await?;
                Err(error)
            }
        }
    }

    /// Locks the folder, checks that the addresses are free, and creates the databases.
    pub async fn prepare(options: Options) -> Result<Self> {
        let lock = lock(&options.dir)?;
        let programs = options.programs()?;
        for (name, address) in options.addresses.all() {
            address::check_free(name, address, &options)?;
        }
        let http = ready::client()?;
        options.database.create().await?;
        Ok(Self {
            options,
            programs,
            nats: None,
            services: BTreeMap::new(),
            http,
            _lock: lock,
        })
    }

    /// Starts everything after [`Self::prepare`], and waits until it is ready.
    pub async fn start_all(&mut self) -> Result<()> {
        if self.options.nats.is_none() {
            self.start_nats().await?;
        }
        for service in Service::ALL {
            self.spawn_service(service)?;
        }
        for service in Service::ALL {
            self.wait_until_ready(service).await?;
        }
        Ok(())
    }

    /// The folder of the stack.
    pub fn dir(&self) -> &Path {
        &self.options.dir
    }

    /// The folder of the children's logs.
    pub fn logs(&self) -> PathBuf {
        self.options.dir.join("logs")
    }

    /// The options of the stack.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Address and login of the NATS servers.
    pub fn nats(&self) -> Settings {
        self.options.nats()
    }

    /// The URL of the NATS servers, with its login.
    pub fn nats_url(&self) -> String {
        self.nats()
            .nats
            .map_or_else(|| DEFAULT_URL.to_owned(), |Hidden(url)| url)
    }

    /// The monitoring address of the NATS server, if it is ours.
    pub fn monitor_url(&self) -> Option<String> {
        self.nats
            .as_ref()
            .map(|_| format!("http://{}", self.options.addresses.monitor))
    }

    /// The ledger's HTTP address.
    pub fn api_url(&self) -> String {
        self.service_url(Service::Ledger)
    }

    /// A service's HTTP address.
    pub fn service_url(&self, service: Service) -> String {
        format!("http://{}", self.options.addresses.of(service))
    }

    /// A service's process id, while it runs.
    pub fn pid(&self, service: Service) -> Option<u32> {
        self.services.get(&service).and_then(Process::pid)
    }

    /// The NATS server's process id, while it runs and is ours.
    pub fn nats_pid(&self) -> Option<u32> {
        self.nats.as_ref().and_then(|server| server.process.pid())
    }

    /// Kills a service with SIGKILL, whatever it is doing.
    pub async fn kill(&mut self, service: Service) -> Result<()> {
        let process = self.services.remove(&service);
        process
            .with_context(|| format!("{service} is not running"))?
            .kill()
            .await
    }

    /// Stops a service in an orderly way.
    pub async fn stop_service(&mut self, service: Service) -> Result<()> {
        match self.services.remove(&service) {
            Some(mut process) => process.stop(process::TERM, STOP_WITHIN).await,
            None => Ok(()),
        }
    }

    /// Starts a service that was killed or stopped, and waits until it is ready.
    pub async fn start_service(&mut self, service: Service) -> Result<()> {
        self.spawn_service(service)?;
        self.wait_until_ready(service).await
    }

    /// Starts a service without waiting for it.
    pub fn spawn_service(&mut self, service: Service) -> Result<()> {
        if self.pid(service).is_some() {
            bail!("{service} is already running");
        }
        let command = program::command(&self.options, &self.programs, service)?;
        let process = Process::spawn(service.name(), command, &self.logs())?;
        self.services.insert(service, process);
        Ok(())
    }

    /// Waits until a service works on all its shards.
    pub async fn wait_until_ready(&mut self, service: Service) -> Result<()> {
        let url = self.service_url(service);
        let process = self
            .services
            .get_mut(&service)
            .with_context(|| format!("{service} is not running"))?;
        ready::service(&self.http, &url, process, READY_WITHIN).await
    }

    /// Kills the NATS server with SIGKILL.
    pub async fn kill_nats(&mut self) -> Result<()> {
        self.nats
            .take()
            .context("this stack has no running NATS server of its own")?
            .process
            .kill()
            .await
    }

    /// Restarts the NATS server on its stored data, and waits until it is ready.
    pub async fn start_nats(&mut self) -> Result<()> {
        if self.nats_pid().is_some() {
            bail!("the NATS server is already running");
        }
        let server = nats::Server::start(&self.options).await?;
        let server = self.nats.insert(server);
        ready::nats(&self.http, server, READY_WITHIN).await
    }

    /// The PostgreSQL server, if it was started for this stack.
    pub fn postgres(&mut self) -> Option<&mut postgres::Postgres> {
        self.options.database.server()
    }

    /// A service's peak memory in bytes; only where `/proc` exists.
    pub fn peak_memory(&self, service: Service) -> Option<u64> {
        self.services.get(&service).and_then(Process::peak_memory)
    }

    /// The error for a child that has exited unexpectedly, with the end of its log.
    pub fn ended(&mut self) -> Option<anyhow::Error> {
        let nats = self.nats.as_mut().map(|server| &mut server.process);
        self.services.values_mut().chain(nats).find_map(Process::ended)
    }

    /// Waits until a child exits unexpectedly.
    pub async fn watch(&mut self) -> anyhow::Error {
        loop {
            if let Some(error) = self.ended() {
                return error;
            }
            tokio::time::sleep(WATCH).await;
        }
    }

    /// Stops all services in order, then NATS, then drops databases that were created for this stack only.
    pub async fn stop(mut self) -> Result<()> {
        let stops = self
            .services
            .values_mut()
            .map(|process| process.stop(process::TERM, STOP_WITHIN));
        let mut ended = futures_util::future::join_all(stops).await;
        if let Some(server) = &mut self.nats {
            ended.push(server.process.stop(process::TERM, STOP_WITHIN).await);
        }
        let removed = tokio::time::timeout(STOP_WITHIN, self.options.database.remove()).await;
        let late = || format!("the databases of this stack could not be removed within {STOP_WITHIN:?}");
        ended.push(removed.with_context(late).and_then(|removed| removed));
        ended.into_iter().collect()
    }
}

/// Runs `body` on a stack, and stops the stack whatever happens: an error, Ctrl-C, SIGTERM.
pub async fn with<T>(options: Options, body: impl AsyncFnOnce(&mut Stack) -> Result<T>) -> Result<T> {
    let mut signals = wallet_terminal::signals::Signals::new()?;
    let mut stack = tokio::select! {
        prepared = Stack::prepare(options) => prepared?,
        name = signals.next() => bail!("ended by {name}"),
    };
    let run = async {
        stack.start_all().await?;
        body(&mut stack).await
    };
    let done = tokio::select! {
        done = run => done,
        name = signals.next() => Err(anyhow::anyhow!("ended by {name}")),
    };
    let stopped = stack
        .stop()
        .await
        .context("the stack could not be stopped cleanly");
    done.and_then(|done| stopped.map(|()| done))
}

/// Locks the folder for this stack.
fn lock(dir: &Path) -> Result<File> {
    fs::create_dir_all(dir.join("logs"))
        .with_context(|| format!("folder {} can't be created", dir.display()))?;
    let path = dir.join("lock");
    let file = File::create(&path).with_context(|| format!("{} can't be written", path.display()))?;
    if file.try_lock().is_err() {
        bail!(
            "another stack runs in {}: stop it, or use another --dir",
            dir.display()
        );
    }
    Ok(file)
}

/// Whether the address is in use or unusable.
fn is_taken(address: SocketAddr) -> bool {
    std::net::TcpListener::bind(address).is_err()
}
