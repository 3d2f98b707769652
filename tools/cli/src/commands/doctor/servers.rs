//! The NATS servers: the one that we are connected to, and whether the others of the list are ready to take over.

use async_nats::ServerInfo;
use futures_util::future::join_all;
use wallet_client::connect::{Connection, connect, route};
use wallet_nats::{Error, Reached, Settings};

use super::{Finding, Level};

const CHECK: &str = "server";

/// Checks all servers of the list, and returns a connection to one of them.
pub(super) async fn check(settings: &Settings) -> (Option<Connection>, Vec<Finding>) {
    let (connection, servers) = match reach(settings).await {
        Ok(reached) => reached,
        Err(error) => {
            let finding = Finding::new(
                Level::Fail,
                CHECK,
                format!("{error:#}"),
                "nothing works without NATS: start it, or give its address: --nats URL",
            );
            return (None, vec![finding]);
        }
    };
    let version = connection.client().server_info().version;
    let host = connection.host();
    let mut findings = vec![Finding::ok(
        CHECK,
        format!(
            "nats-server {version} with JetStream at {host}{}",
            in_use(servers.len())
        ),
    )];
    findings.extend(others(&servers, host));
    (Some(connection), findings)
}

/// The result for each server of the list: its address, and its server info.
type Servers = Vec<(String, Result<ServerInfo, Error>)>;

async fn reach(settings: &Settings) -> anyhow::Result<(Connection, Servers)> {
    let connection = connect(settings).await?;
    let list = route(settings)?;
    let asked = list.each().map(|route| async move {
        let reached = route.connect("wallet doctor", |_, _| ()).await;
        let info = reached.map(|Reached { client, .. }| client.server_info());
        (route.to_string(), info)
    });
    Ok((connection, join_all(asked.collect::<Vec<_>>()).await))
}

fn in_use(servers: usize) -> String {
    if servers > 1 {
        format!(", in use, one of {servers}")
    } else {
        String::new()
    }
}

/// The servers that are not in use: their faults go unnoticed until they are needed.
fn others(servers: &[(String, Result<ServerInfo, Error>)], used: &str) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (host, info) in servers.iter().filter(|(host, _)| host != used) {
        findings.push(match info {
            Ok(info) => Finding::ok(
                CHECK,
                format!("nats-server {} at {host} is ready to take over", info.version),
            ),
            Err(error) => Finding::new(
                Level::Warn,
                CHECK,
                format!("{error}"),
                format!("{used} is in use; if it fails, {host} can't take over"),
            ),
        });
    }
    findings.extend(different_clusters(servers));
    findings
}

/// Servers that don't form one cluster: a client that fails over finds different streams, or none.
fn different_clusters(servers: &[(String, Result<ServerInfo, Error>)]) -> Option<Finding> {
    let mut up = servers
        .iter()
        .filter_map(|(host, info)| Some((host, info.as_ref().ok()?)));
    let (first, one) = up.next()?;
    let is_elsewhere = |other: &ServerInfo| {
        let same =
            one.server_id == other.server_id || (one.cluster.is_some() && one.cluster == other.cluster);
        !same
    };
    let (second, _) = up.find(|(_, info)| is_elsewhere(info))?;
    Some(Finding::new(
        Level::Fail,
        CHECK,
        format!("{first} and {second} belong to different clusters: each lacks what the other stores"),
        "list the servers of one cluster only",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(host: &str, id: &str, cluster: Option<&str>) -> (String, Result<ServerInfo, Error>) {
        let info = ServerInfo {
            server_id: id.to_owned(),
            version: "2.14.0".to_owned(),
            cluster: cluster.map(str::to_owned),
            ..ServerInfo::default()
        };
        (host.to_owned(), Ok(info))
    }

    #[test]
    fn every_unused_server_is_checked() {
        let down = (
            "c:4222".to_owned(),
            Err(Error::Unreachable("no NATS server answers at c:4222".to_owned())),
        );
        let servers = [
            server("a:4222", "A", Some("w")),
            server("b:4222", "B", Some("w")),
            down,
        ];
        let found = others(&servers, "a:4222");
        let details: Vec<(Level, &str)> = found.iter().map(|f| (f.level, &*f.detail)).collect();
        let expected = [
            (Level::Ok, "nats-server 2.14.0 at b:4222 is ready to take over"),
            (Level::Warn, "no NATS server answers at c:4222"),
        ];
        assert_eq!(details, expected);
        assert_eq!(
            found[1].advice.as_deref(),
            Some("a:4222 is in use; if it fails, c:4222 can't take over")
        );
    }

    #[test]
    fn servers_of_different_clusters_fail_the_check() {
        let check = |other: (String, Result<ServerInfo, Error>), expected: bool| {
            let servers = [server("a:4222", "A", Some("w")), other];
            assert_eq!(different_clusters(&servers).is_some(), expected, "{servers:?}");
        };
        check(server("b:4222", "B", Some("w")), false);
        check(server("b:4222", "A", None), false);
        check(server("b:4222", "B", Some("x")), true);
        check(server("b:4222", "B", None), true);
        let alone = [server("a:4222", "A", None), server("b:4222", "B", None)];
        let finding = different_clusters(&alone).unwrap();
        assert_eq!(
            (finding.level, &*finding.detail),
            (
                Level::Fail,
                "a:4222 and b:4222 belong to different clusters: each lacks what the other stores"
            )
        );
    }
}
