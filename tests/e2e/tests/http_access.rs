//! Who has access over HTTP: only this machine by default; with a token, only callers that present it.

use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use e2e::{World, program};
use reqwest::{StatusCode, header};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::timeout;
use wallet_contract::subject::Service;
use wallet_stack::address::free_ports;

const TOKEN: &str = "a-token-that-nobody-guesses";

#[tokio::test]
async fn with_a_token_only_health_is_open() -> Result<()> {
    let world = World::with(None, |options| options.http_token = Some(TOKEN.to_owned())).await?;
    let http = reqwest::Client::new();
    for service in Service::ALL {
        let url = world.stack.service_url(service);
        for path in ["/livez", "/readyz"] {
            ensure!(
                http.get(format!("{url}{path}")).send().await?.status() == StatusCode::OK,
                "{service} {path}"
            );
        }
        for path in [
            "/",
            "/metrics",
            "/v1/stats",
            "/v1/accounts",
            "/v1/phases/x",
            "/nothing",
        ] {
            for token in [None, Some(""), Some("wrong"), Some(&TOKEN[1..])] {
                let mut request = http.get(format!("{url}{path}"));
                if let Some(token) = token {
                    request = request.bearer_auth(token);
                }
                let answer = request.send().await?;
                ensure!(
                    answer.status() == StatusCode::UNAUTHORIZED,
                    "{service} {path} {token:?}"
                );
                ensure!(
                    answer.headers()[header::CONTENT_TYPE] == "application/problem+json",
                    "{service} {path}"
                );
                let ask = answer.headers()[header::WWW_AUTHENTICATE].to_str()?;
                ensure!(ask.starts_with("Bearer"), "{ask}");
                let problem: serde_json::Value = serde_json::from_str(&answer.text().await?)?;
                ensure!(problem["status"] == 401, "{problem}");
            }
        }
        let metrics = http
            .get(format!("{url}/metrics"))
            .bearer_auth(TOKEN)
            .send()
            .await?;
        ensure!(metrics.status() == StatusCode::OK, "{service} with its token");
    }
    let (nats, api) = (world.stack.nats_url(), world.stack.api_url());
    let doctor = e2e::run_wallet(&["doctor"], &nats, &api).await?;
    let output = String::from_utf8_lossy(&doctor.stdout).into_owned();
    ensure!(
        doctor.status.code() == Some(1)
            && output.contains("→ set WALLET_API_TOKEN")
            && !output.contains(&format!("no reply from {api}")),
        "{output}"
    );
    for (args, code) in [
        (&["balance"][..], Some(1)),
        (&["balance", "--api-token", "wrong"], Some(1)),
        (&["balance", "--api-token", TOKEN], Some(0)),
        (&["verify", "--api-token", TOKEN], Some(0)),
        (&["doctor", "--api-token", TOKEN], Some(0)),
    ] {
        let done = e2e::run_wallet(args, &nats, &api).await?;
        ensure!(done.status.code() == code, "{args:?}: {done:?}");
        if code == Some(1) {
            let output = String::from_utf8_lossy(&done.stderr).into_owned();
            ensure!(
                output.contains("WALLET_API_TOKEN") && !output.contains("Authorization"),
                "{output}"
            );
        }
    }
    world.stop().await
}

/// Starts a service and returns its log up to the first line that contains `until`.
async fn log(service: Service, env: &[(&str, &str)], until: &str) -> Result<String> {
    let dir = tempfile::tempdir()?;
    let [nats] = free_ports()?;
    let mut command = Command::new(program(service.name())?);
    command
        .env("WALLET_NATS_URL", format!("nats://127.0.0.1:{nats}"))
        .env(
            "WALLET_DATABASE_URL",
            format!("sqlite://{}/x-{{shard}}.db", dir.path().display()),
        )
        .envs(env.iter().copied())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command.spawn()?;
    let mut lines = BufReader::new(child.stderr.take().context("a pipe")?).lines();
    let mut seen = String::new();
    let read = async {
        while let Some(line) = lines.next_line().await? {
            seen.push_str(&line);
            seen.push('\n');
            if line.contains(until) {
                break;
            }
        }
        std::io::Result::Ok(())
    };
    timeout(e2e::PATIENCE, read).await??;
    child.kill().await?;
    Ok(seen)
}

#[tokio::test]
async fn a_service_that_is_open_to_everybody_warns_at_start() -> Result<()> {
    let [port] = free_ports()?;
    let everywhere = format!("0.0.0.0:{port}");
    let here = format!("127.0.0.1:{port}");
    let end = "no NATS server answers at";
    let loud = "ANYONE WHO CAN REACH";
    let check = |log: String, expected: bool| {
        ensure!(log.contains(loud) == expected && log.contains(end), "{log}");
        Ok(())
    };
    check(
        log(Service::Ledger, &[("WALLET_HTTP_ADDR", &everywhere)], end).await?,
        true,
    )?;
    let with_token = [("WALLET_HTTP_ADDR", &*everywhere), ("WALLET_HTTP_TOKEN", TOKEN)];
    check(log(Service::Ledger, &with_token, end).await?, false)?;
    check(
        log(Service::Ledger, &[("WALLET_HTTP_ADDR", &here)], end).await?,
        false,
    )
}

/// The default address is this machine's own; when that is taken, the error shows which one it is.
#[tokio::test]
async fn a_service_listens_on_localhost_by_default() -> Result<()> {
    for (service, port) in [
        (Service::Ledger, 8080),
        (Service::Debit, 8081),
        (Service::Credit, 8082),
    ] {
        let mut help = Command::new(program(service.name())?);
        let help = String::from_utf8(help.arg("--help").output().await?.stdout)?;
        ensure!(
            help.contains("[default: 127.0.0.1, and 8080 for the ledger"),
            "{help}"
        );
        let address = format!("127.0.0.1:{port}");
        let taken = std::net::TcpListener::bind(&address);
        let output = log(service, &[], "http://").await?;
        // If somebody else has the port already, the error is the same.
        ensure!(
            output.contains(&format!("can't listen on http://{address}")),
            "{taken:?}: {output}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn an_invalid_token_is_rejected_at_start() -> Result<()> {
    let [port] = free_ports()?;
    let here = format!("127.0.0.1:{port}");
    let output = log(
        Service::Debit,
        &[("WALLET_HTTP_ADDR", &here), ("WALLET_HTTP_TOKEN", "a short one")],
        "token",
    )
    .await?;
    ensure!(
        output.contains("fewer than 16 characters") && !output.contains("a short one"),
        "{output}"
    );
    let file = [
        ("WALLET_HTTP_ADDR", &*here),
        ("WALLET_HTTP_TOKEN_FILE", "/no/such/file"),
    ];
    let output = log(Service::Debit, &file, "token").await?;
    ensure!(output.contains("/no/such/file"), "{output}");
    Ok(())
}
