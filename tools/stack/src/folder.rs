//! What a stack's folder records about its wallet: the settings that must stay the same from one start to the next.
//!
//! A wallet that is started with another number of shards, or with other databases or streams, would be another wallet with the
//! same name. So once a stack has come up, `wallet.json` records what belongs together, without any password. In a folder without
//! that file, the number of shards recorded with its streams applies.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wallet_client::connect::route;
use wallet_contract::stream::SHARDS_KEY;
use wallet_nats::{Hidden, Settings};
use wallet_terminal::exit::Usage;

use super::process::write_if_changed;

const FILE: &str = "wallet.json";
/// The databases are files in the folder, or the NATS server is the stack's own.
const HERE: &str = "here";

/// The recorded settings; none where nothing is recorded.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Folder {
    #[serde(skip)]
    dir: PathBuf,
    shards: Option<u16>,
    database: Option<String>,
    nats: Option<String>,
}

impl Folder {
    /// Reads what the folder records.
    pub fn read(dir: &Path) -> Result<Self> {
        let file = dir.join(FILE);
        let known = match std::fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text)
                .with_context(|| format!("{} is not a valid record of `wallet up`", file.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::unwritten(dir),
            Err(error) => return Err(error).with_context(|| format!("{} can't be read", file.display())),
        };
        Ok(Self {
            dir: dir.to_owned(),
            ..known
        })
    }

    /// What is known of a wallet that has not come up since `wallet.json` was introduced.
    fn unwritten(dir: &Path) -> Self {
        let shards = recorded(&dir.join("nats/jetstream"));
        let here = |is_here: bool| is_here.then(|| HERE.to_owned());
        Self {
            shards,
            database: here(dir.join("debit-0.db").exists()),
            nats: here(shards.is_some()),
            ..Self::default()
        }
    }

    /// Records the settings with which a stack runs.
    pub fn write(dir: &Path, shards: u16, database: Option<&str>, nats: Option<&Settings>) -> Result<()> {
        let nats = nats
            .map(|nats| route(nats).map(|route| route.url()))
            .transpose()?;
        let known = Self {
            dir: PathBuf::new(),
            shards: Some(shards),
            database: Some(database.map_or_else(|| HERE.to_owned(), without_password)),
            nats: Some(nats.unwrap_or_else(|| HERE.to_owned())),
        };
        write_if_changed(
            &dir.join(FILE),
            &format!("{}\n", serde_json::to_string_pretty(&known)?),
        )
    }

    /// The number of shards: as recorded, here or with the streams of an existing server, otherwise as given.
    pub fn shards(&self, given: Option<u16>, elsewhere: Option<u16>) -> Result<Option<u16>, Usage> {
        let differs = |one: Option<u16>, other: Option<u16>| matches!((one, other), (Some(one), Some(other)) if one != other);
        let word = |number: Option<u16>| number.unwrap_or_default();
        let dir = self.dir.display();
        if differs(self.shards, elsewhere) {
            let (here, there) = (word(self.shards), word(elsewhere));
            return Err(Usage::new(format!(
                "the wallet in {dir} has {here} shards, but the one on the NATS server has {there}: they are different, so use another \
                 --dir or --nats"
            )));
        }
        let known = self.shards.or(elsewhere);
        if differs(known, given) {
            let (known, given) = (word(known), word(given));
            return Err(Usage::new(format!(
                "--shards {given}: the wallet in {dir} has {known} shards, and their number is fixed. Leave --shards out, or use \
                 another --dir"
            )));
        }
        Ok(known.or(given))
    }

    /// The URL of the databases: as given, otherwise as recorded; none if they are in the folder.
    pub fn database(&self, given: Option<&str>) -> Result<Option<String>, Usage> {
        let dir = self.dir.display();
        let wrong = |known: &str, given: &str| {
            Err(Usage::new(format!(
                "--database {}: the databases of the wallet in {dir} are {known}. Leave --database out, or use another --dir; if they \
                 have moved, correct {}",
                without_password(given),
                self.dir.join(FILE).display()
            )))
        };
        match (self.database.as_deref(), given) {
            (None, given) => Ok(given.map(str::to_owned)),
            (Some(HERE), None) => Ok(None),
            (Some(HERE), Some(given)) => wrong("files in it", given),
            (Some(known), None) => Ok(Some(known.to_owned())),
            (Some(known), Some(given)) if servers(known) == servers(given) => Ok(Some(given.to_owned())),
            (Some(known), Some(given)) => wrong(&format!("on {known}"), given),
        }
    }

    /// The existing NATS servers: as given, otherwise as recorded; none if the stack has its own.
    pub fn nats(&self, given: &Settings) -> Result<Option<Settings>> {
        let dir = self.dir.display();
        match (self.nats.as_deref(), &given.nats) {
            (None | Some(HERE), None) => match given.files().next() {
                None => Ok(None),
                Some((option, variable, _)) => Err(Usage::new(format!(
                    "{option} ({variable}) is for existing NATS servers: give their addresses with --nats"
                ))
                .into()),
            },
            (Some(HERE), Some(_)) => {
                let there = route(given)?.url();
                Err(Usage::new(format!(
                    "--nats {there} (or WALLET_NATS_URL): the wallet in {dir} has a NATS server of its own, with its streams. \
                     Leave --nats out, or use another --dir"
                ))
                .into())
            }
            (None | Some(_), Some(_)) => Ok(Some(given.clone())),
            (Some(known), None) => Ok(Some(Settings {
                nats: Some(Hidden(known.to_owned())),
                ..given.clone()
            })),
        }
    }
}

/// The number of shards that is recorded with the streams of a server that stores them here.
fn recorded(jetstream: &Path) -> Option<u16> {
    let folders = |dir: &Path| {
        std::fs::read_dir(dir)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
    };
    let streams = folders(jetstream).flat_map(|account| folders(&account.join("streams")));
    let mut numbers = streams.filter_map(|stream| {
        let text = std::fs::read(stream.join("meta.inf")).ok()?;
        let config: Value = serde_json::from_slice(&text).ok()?;
        config["metadata"][SHARDS_KEY].as_str()?.parse().ok()
    });
    numbers.next()
}

/// The servers in a PostgreSQL URL.
fn servers(url: &str) -> &str {
    let (login, rest) = parts(url);
    &url[login.end..rest]
}

/// The URL without its password, which may follow the user or be in the query.
fn without_password(url: &str) -> String {
    let (login, rest) = parts(url);
    let user = url[login.clone()].split([':', '@']).next().unwrap_or_default();
    let user = if user.is_empty() {
        String::new()
    } else {
        format!("{user}@")
    };
    let (path, query) = url[rest..].split_once('?').unwrap_or((&url[rest..], ""));
    let kept: Vec<&str> = query
        .split('&')
        .filter(|part| !part.is_empty() && !part.contains("password="))
        .collect();
    let query = if kept.is_empty() {
        String::new()
    } else {
        format!("?{}", kept.join("&"))
    };
    format!(
        "{}{user}{}{path}{query}",
        &url[..login.start],
        &url[login.end..rest]
    )
}

/// The range of a URL's login, including its `@`, and the start of what follows the servers.
fn parts(url: &str) -> (std::ops::Range<usize>, usize) {
    let start = url.find("://").map_or(0, |at| at + 3);
    let login = url[start..].rfind('@').map_or(start, |at| start + at + 1);
    let rest = url[login..].find(['/', '?']).map_or(url.len(), |at| login + at);
    (start..login, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(shards: Option<u16>, database: Option<&str>, nats: Option<&str>) -> Folder {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Folder {
            dir: "/w".into(),
            shards,
            database: owned(database),
            nats: owned(nats),
        }
    }

    #[test]
    fn another_number_of_shards_is_rejected() {
        let check = |known: Option<u16>,
                     given: Option<u16>,
                     elsewhere: Option<u16>,
                     expected: Result<Option<u16>, &str>| {
            let found = folder(known, None, None)
                .shards(given, elsewhere)
                .map_err(|error| error.to_string());
            assert_eq!(found, expected.map_err(str::to_owned));
        };
        check(None, None, None, Ok(None));
        check(None, Some(3), None, Ok(Some(3)));
        check(Some(3), None, None, Ok(Some(3)));
        check(Some(3), Some(3), Some(3), Ok(Some(3)));
        check(None, None, Some(4), Ok(Some(4)));
        let other = "--shards 2: the wallet in /w has 3 shards, and their number is fixed. Leave --shards out, or use another --dir";
        check(Some(3), Some(2), None, Err(other));
        check(None, Some(2), Some(3), Err(other));
        let different = "the wallet in /w has 3 shards, but the one on the NATS server has 4: they are different, so use another --dir \
                        or --nats";
        check(Some(3), None, Some(4), Err(different));
    }

    #[test]
    fn another_database_is_rejected() {
        let check = |known: Option<&str>, given: Option<&str>, expected: Result<Option<&str>, &str>| {
            let found = folder(None, known, None)
                .database(given)
                .map_err(|error| error.to_string());
            assert_eq!(
                found,
                expected.map(|url| url.map(str::to_owned)).map_err(str::to_owned)
            );
        };
        check(None, None, Ok(None));
        check(None, Some("postgres://a@db/"), Ok(Some("postgres://a@db/")));
        check(Some("here"), None, Ok(None));
        check(Some("postgres://a@db/"), None, Ok(Some("postgres://a@db/")));
        check(
            Some("postgres://a@db/"),
            Some("postgres://b:s3cr3t@db/"),
            Ok(Some("postgres://b:s3cr3t@db/")),
        );
        let files = "--database postgres://b@db/: the databases of the wallet in /w are files in it. Leave --database out, or use \
                     another --dir; if they have moved, correct /w/wallet.json";
        check(Some("here"), Some("postgres://b:s3cr3t@db/"), Err(files));
        let other = "--database postgres://b@new/: the databases of the wallet in /w are on postgres://a@db/. Leave --database out, \
                     or use another --dir; if they have moved, correct /w/wallet.json";
        check(
            Some("postgres://a@db/"),
            Some("postgres://b:s3cr3t@new/"),
            Err(other),
        );
    }

    #[test]
    fn another_nats_server_is_rejected() {
        let check = |known: Option<&str>, given: &Settings, expected: Result<Option<&str>, &str>| {
            let found = folder(None, None, known)
                .nats(given)
                .map_err(|error| error.to_string());
            let url = |url: &str| Settings {
                nats: Some(Hidden(url.to_owned())),
                ..given.clone()
            };
            assert_eq!(found, expected.map(|nats| nats.map(url)).map_err(str::to_owned));
        };
        let (not_given, given) = (Settings::default(), Settings::at("nats://a:s3cr3t@h"));
        let file = Settings {
            nats_creds: Some("/x.creds".into()),
            ..Settings::default()
        };
        check(None, &not_given, Ok(None));
        check(Some("here"), &not_given, Ok(None));
        check(None, &given, Ok(Some("nats://a:s3cr3t@h")));
        check(Some("nats://h:4222"), &given, Ok(Some("nats://a:s3cr3t@h")));
        check(Some("nats://h:4222"), &file, Ok(Some("nats://h:4222")));
        let own = "--nats nats://h:4222 (or WALLET_NATS_URL): the wallet in /w has a NATS server of its own, with its streams. \
                   Leave --nats out, or use another --dir";
        check(Some("here"), &given, Err(own));
        let lost =
            "--nats-creds (WALLET_NATS_CREDS) is for existing NATS servers: give their addresses with --nats";
        check(None, &file, Err(lost));
    }

    #[test]
    fn the_record_is_read_back_without_passwords() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Folder::read(dir.path()).unwrap().shards, None);
        let nats = Settings::at("nats://u:s3cr3t@a,nats://b:1");
        Folder::write(
            dir.path(),
            4,
            Some("postgres://u:s3cr3t@db/?sslmode=require&password=s3cr3t"),
            Some(&nats),
        )
        .unwrap();
        let text = std::fs::read_to_string(dir.path().join(FILE)).unwrap();
        assert!(!text.contains("s3cr3t"), "{text}");
        let expected = Folder {
            dir: dir.path().to_owned(),
            shards: Some(4),
            database: Some("postgres://u@db/?sslmode=require".to_owned()),
            nats: Some("nats://a:4222,b:1".to_owned()),
        };
        assert_eq!(Folder::read(dir.path()).unwrap(), expected);
        std::fs::write(dir.path().join(FILE), "{").unwrap();
        let error = Folder::read(dir.path()).unwrap_err().to_string();
        assert!(
            error.ends_with("wallet.json is not a valid record of `wallet up`"),
            "{error}"
        );
    }

    #[test]
    fn a_folder_without_a_record_is_described_by_its_streams() {
        let dir = tempfile::tempdir().unwrap();
        let stream = dir.path().join("nats/jetstream/$G/streams/WALLET_0");
        std::fs::create_dir_all(&stream).unwrap();
        let config = r#"{"name":"WALLET_0","metadata":{"_nats.req.level":"0","wallet_shards":"3"}}"#;
        std::fs::write(stream.join("meta.inf"), config).unwrap();
        std::fs::write(dir.path().join("debit-0.db"), "").unwrap();
        let found = Folder::read(dir.path()).unwrap();
        let here = Some("here".to_owned());
        assert_eq!(
            (found.shards, found.database, found.nats),
            (Some(3), here.clone(), here)
        );
    }

    #[test]
    fn the_password_is_removed_from_a_url() {
        let check = |url: &str, expected: &str| assert_eq!(without_password(url), expected, "{url}");
        check("postgres://me@db:5432/", "postgres://me@db:5432/");
        check(
            "postgres://me:p@ss@one,other:5433/x",
            "postgres://me@one,other:5433/x",
        );
        check("postgres://db", "postgres://db");
        check("postgres://me:p/w@db?sslpassword=x&a=b", "postgres://me@db?a=b");
        check("postgres:///x?host=/run&password=s", "postgres:///x?host=/run");
    }
}
