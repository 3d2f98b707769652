//! How the wallet logs in to NATS, each way against a real nats-server: tokens, NKeys, `.creds` files, certificates.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use e2e::World;
use e2e::identity::{Certificates, Operator};
use e2e::server::Server;
use nkeys::KeyPair;
use wallet_client::connect::connect;
use wallet_nats::{Hidden, Route, Settings};

/// Tries to connect, and returns the tool's error if it can't.
async fn refusal(settings: &Settings) -> Result<String> {
    let refused = connect(settings).await.err();
    Ok(format!("{:#}", refused.context("the login was accepted")?))
}

async fn check(settings: &Settings, says: &str) -> Result<()> {
    let error = refusal(settings).await?;
    ensure!(error.contains(says), "{error:?} does not contain {says:?}");
    ensure!(!error.contains("s3cr3t"), "{error}");
    Ok(())
}

fn at(url: &str) -> Settings {
    Settings::at(url)
}

#[tokio::test]
async fn with_a_token_or_a_password() -> Result<()> {
    let server = Server::start("authorization { token: \"s3cr3t-token\" }").await?;
    let host = server.address;
    connect(&at(&format!("nats://s3cr3t-token@{host}"))).await?;
    check(
        &at(&format!("nats://s3cr3t@{host}")),
        &format!("the NATS server at {host} rejected the token in the address: is it correct? A user needs a password"),
    )
    .await?;
    check(
        &at(&server.url()),
        &format!(
            "the NATS server at {host} rejected a client without a login: give a login, as --nats nats://user"
        ),
    )
    .await?;
    let alice = format!("nats://alice:s3cr3t@{host}");
    check(&at(&alice), "rejected user \"alice\": is the password correct?").await?;

    // The first server that answers decides; servers that do not answer are skipped.
    let list = format!("nats://s3cr3t-token@127.0.0.1:9,{host}");
    connect(&at(&list)).await?;
    let none = at("nats://s3cr3t@127.0.0.1:9,127.0.0.1:7");
    check(
        &none,
        "none of the NATS servers accepts the connection: no NATS server answers at 127.0.0.1:9 (Connection refused (os \
         error 111)): is it running, and is --nats (WALLET_NATS_URL) correct?; no NATS server answers at 127.0.0.1:7",
    )
    .await
}

#[tokio::test]
async fn with_an_nkey_over_tls() -> Result<()> {
    let (certificates, user) = (Certificates::make()?, KeyPair::new_user());
    let tls = certificates.configured(true);
    let server = Server::start(&format!(
        "{tls}\nauthorization {{ users: [{{ nkey: {} }}] }}",
        user.public_key()
    ))
    .await?;
    let (host, dir) = (server.address, tempfile::tempdir()?);
    let seed = |name: &str, pair: &KeyPair| -> Result<_> {
        let file = dir.path().join(name);
        std::fs::write(&file, pair.seed()?)?;
        Ok(file)
    };
    let right = Settings {
        nats_nkey: Some(seed("ours", &user)?),
        nats_ca: Some(certificates.file("ca")),
        nats_cert: Some(certificates.file("client")),
        nats_key: Some(certificates.file("client-key")),
        ..at(&format!("tls://{host}"))
    };
    connect(&right).await?;
    // A CA file turns TLS on, and so does the server.
    connect(&Settings {
        nats: Some(Hidden(server.url())),
        ..right.clone()
    })
    .await?;

    let other = Settings {
        nats_nkey: Some(seed("other", &KeyPair::new_user())?),
        ..right.clone()
    };
    let file = dir.path().join("other");
    let file = file.display();
    check(
        &other,
        &format!("rejected the NKey in {file}: does that server know it"),
    )
    .await?;
    let unsigned = Settings {
        nats_ca: None,
        ..right.clone()
    };
    check(
        &unsigned,
        &format!(
            "no TLS with the NATS server at {host} (invalid peer certificate: UnknownIssuer): give the authority that \
             signed its certificate with --nats-ca (WALLET_NATS_CA)"
        ),
    )
    .await?;
    let elsewhere = Settings {
        nats: Some(Hidden(format!("tls://localhost:{}", host.port()))),
        ..right.clone()
    };
    check(&elsewhere, "and use the host name in the certificate").await?;
    let faceless = Settings {
        nats_cert: None,
        nats_key: None,
        ..right.clone()
    };
    check(
        &faceless,
        "it requires a client certificate signed by its own authority: --nats-cert",
    )
    .await?;
    let mixed = Settings {
        nats_key: Some(certificates.file("server-key")),
        ..right.clone()
    };
    check(&mixed, "are the files of --nats-ca, --nats-cert and --nats-key PEM files, and does the key belong to the certificate?").await?;

    // Files are read again for each connection.
    let renewed = Settings {
        nats_nkey: Some(seed("renewed", &KeyPair::new_user())?),
        ..right
    };
    let route = Route::of(&renewed)?;
    ensure!(
        route.connect("before", |_, _| ()).await.is_err(),
        "an unknown key was accepted"
    );
    seed("renewed", &user)?;
    route.connect("after", |_, _| ()).await?;

    let plain = Server::start("").await?;
    let tls = at(&format!("tls://{}", plain.address));
    check(&tls, "does that server support TLS, in a recent enough version?").await
}

/// The whole wallet: the services inherit the tool's login, and the server accepts both.
#[tokio::test]
async fn with_a_creds_file_and_certificates() -> Result<()> {
    let (certificates, operator) = (Certificates::make()?, Operator::make()?);
    let server = Server::start(&format!(
        "{}\n{}",
        certificates.configured(true),
        operator.configured()
    ))
    .await?;
    let dir = tempfile::tempdir()?;
    let settings = |creds: &Path| Settings {
        nats_creds: Some(creds.to_owned()),
        nats_ca: Some(certificates.file("ca")),
        nats_cert: Some(certificates.file("client")),
        nats_key: Some(certificates.file("client-key")),
        nats_inbox: Some("_INBOX_ours".to_owned()),
        ..at(&format!("tls://{}", server.address))
    };
    let stranger = Operator::make()?.creds(dir.path(), "stranger")?;
    let says = format!(
        "rejected the user of {}: does that server know it, and is it still valid?",
        stranger.display()
    );
    check(&settings(&stranger), &says).await?;

    let ours = operator.creds(dir.path(), "ours")?;
    let world = World::on(settings(&ours), BTreeMap::new()).await?;
    world.open(&["alice", "bob"]).await?;
    world.pay("alice", "bob", "1.00").await?;
    let doctor = world.wallet(&["doctor"]).await?;
    let error = String::from_utf8_lossy(&doctor.stdout);
    ensure!(
        error.contains(&format!("with JetStream at {}", server.address)),
        "{error}"
    );
    world.verify().await?;
    world.stop().await
}
