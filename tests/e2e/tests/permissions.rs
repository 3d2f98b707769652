//! The permissions of each NATS user in the configuration that we ship: each row, allowed or denied, is tried on a real server.

use anyhow::{Result, ensure};
use e2e::raw::Raw;
use e2e::secured::{Secured, USERS};
use wallet_contract::subject::Service;

/// An action that a user tries.
#[derive(Clone, Copy, Debug)]
enum Try {
    Publish(&'static str),
    Subscribe(&'static str),
    /// A JetStream API call; the part after `$JS.API.`.
    Api(&'static str),
}

use Try::{Api, Publish, Subscribe};

impl Try {
    /// The server's error, if any.
    async fn denied(self, raw: &mut Raw) -> Result<Option<String>> {
        match self {
            Publish(subject) => raw.publish(subject, "", "not json").await,
            Subscribe(subject) => raw.subscribe(subject).await,
            Api(call) => raw.publish(&format!("$JS.API.{call}"), "", "{").await,
        }
    }
}

/// Denied to everybody: changing, losing or copying the contents of a log, seeing others' answers, administering the server.
const DENIED_TO_ALL: [Try; 34] = [
    Publish("wallet.x"),
    Publish("wallet.0.x"),
    Publish("wallet.0.evt"),
    Publish("wallet.0.evt.debit.0.x"),
    Publish("$SYS.REQ.SERVER.PING"),
    Publish("$SYS.REQ.ACCOUNT.WALLET.INFO"),
    Publish("$JS.ACK.WALLET_0.x.1.1.1.1.1"),
    Publish("$JS.FC.x"),
    Publish("_INBOX_alice.x"),
    Publish("_INBOX.x"),
    Api("STREAM.UPDATE.WALLET_0"),
    Api("STREAM.DELETE.WALLET_0"),
    Api("STREAM.PURGE.WALLET_0"),
    Api("STREAM.MSG.DELETE.WALLET_0"),
    Api("STREAM.MSG.GET.WALLET_0"),
    Api("STREAM.CREATE.OTHER"),
    Api("STREAM.CREATE.WALLET_2"),
    Api("STREAM.PEER.REMOVE.WALLET_0"),
    Api("STREAM.LEADER.STEPDOWN.WALLET_0"),
    Api("META.LEADER.STEPDOWN"),
    Api("SERVER.REMOVE"),
    Api("ACCOUNT.PURGE.WALLET"),
    Api("DIRECT.GET.WALLET_0"),
    Api("DIRECT.GET.WALLET_0.wallet.0.bulk"),
    Api("CONSUMER.DURABLE.CREATE.WALLET_0.x"),
    Api("CONSUMER.PAUSE.WALLET_0.x"),
    Api("CONSUMER.UNPIN.WALLET_0.x"),
    Subscribe(">"),
    Subscribe("wallet.>"),
    Subscribe("wallet.0.cmd.transfer.alice"),
    Subscribe("wallet.0.evt.debit.0"),
    Subscribe("_INBOX.>"),
    Subscribe("$SYS.>"),
    Subscribe("$JS.EVENT.ADVISORY.>"),
];

/// Calls of clients and operators that no service may make.
const REQUESTS: [Try; 7] = [
    Publish("wallet.cmd.transfer.alice"),
    Publish("wallet.0.cmd.transfer.alice"),
    Publish("wallet.1.cmd.confirm.bob"),
    Publish("wallet.adm.open.alice"),
    Publish("wallet.0.adm.freeze.alice"),
    Publish("wallet.0.bulk"),
    Publish("wallet.0.park.credit"),
];

/// Calls that each service needs.
const SERVICE: [Try; 9] = [
    Api("INFO"),
    Api("STREAM.INFO.WALLET_0"),
    Api("STREAM.INFO.WALLET_1"),
    Api("STREAM.CREATE.WALLET_0"),
    Api("STREAM.CREATE.WALLET_1"),
    Api("CONSUMER.CREATE.WALLET_0"),
    Api("CONSUMER.CREATE.WALLET_0.x"),
    Api("CONSUMER.MSG.NEXT.WALLET_0.x"),
    Subscribe("wallet.ready"),
];

/// Allowed only to `backup`.
const SNAPSHOTS: [Try; 4] = [
    Api("STREAM.SNAPSHOT.WALLET_0"),
    Api("STREAM.RESTORE.WALLET_1"),
    Publish("$JS.SNAPSHOT.ACK.WALLET_0.x"),
    Publish("$JS.SNAPSHOT.RESTORE.WALLET_0.x"),
];

/// Also denied to services: deleting another reader's consumer, listing what exists.
const DENIED_TO_SERVICES: [Try; 5] = [
    Api("CONSUMER.DELETE.WALLET_0.x"),
    Api("CONSUMER.NAMES.WALLET_0"),
    Api("STREAM.NAMES"),
    Subscribe("wallet.outcome.>"),
    Subscribe("wallet.outcome.alice.*"),
];

/// The subjects that a service may publish, and those that belong to others.
fn service(name: &str) -> (Vec<Try>, Vec<Try>) {
    let own: &[Try] = match name {
        "debit" => &[
            Publish("wallet.0.evt.debit.0"),
            Publish("wallet.1.evt.debit.0"),
            Publish("wallet.1.healed.debit.0"),
            Publish("wallet.1.skipped.debit"),
            Publish("wallet.1.fill"),
            Subscribe("_INBOX_debit.x"),
        ],
        "credit" => &[
            Publish("wallet.0.evt.credit.0"),
            Publish("wallet.1.evt.credit.0"),
            Publish("wallet.1.healed.credit.0"),
            Publish("wallet.1.skipped.credit"),
            Publish("wallet.1.fill"),
            Subscribe("_INBOX_credit.x"),
        ],
        _ => &[
            Publish("wallet.0.evt.ledger.0"),
            Publish("wallet.1.evt.ledger.0"),
            Publish("wallet.1.healed.ledger.0"),
            Publish("wallet.1.skipped.ledger"),
            Publish("wallet.1.fill"),
            Subscribe("_INBOX_ledger.x"),
            Publish("wallet.outcome.alice.x"),
            Publish("wallet.ready"),
        ],
    };
    let others: &[Try] = match name {
        "debit" => &[
            Publish("wallet.0.evt.credit.0"),
            Publish("wallet.0.healed.credit.0"),
            Publish("wallet.1.evt.ledger.0"),
            Publish("wallet.outcome.alice.x"),
            Publish("wallet.ready"),
            Subscribe("_INBOX_credit.x"),
        ],
        "credit" => &[
            Publish("wallet.0.evt.debit.0"),
            Publish("wallet.1.evt.ledger.0"),
            Publish("wallet.outcome.alice.x"),
            Publish("wallet.ready"),
            Subscribe("_INBOX_ledger.x"),
        ],
        _ => &[
            Publish("wallet.0.evt.debit.0"),
            Publish("wallet.1.evt.credit.0"),
            Subscribe("_INBOX_debit.x"),
        ],
    };
    (
        [&SERVICE, own].concat(),
        [
            &DENIED_TO_ALL,
            &REQUESTS[..],
            &SNAPSHOTS,
            &DENIED_TO_SERVICES,
            others,
        ]
        .concat(),
    )
}

const OPERATOR: [Try; 12] = [
    Api("INFO"),
    Api("STREAM.INFO.WALLET_0"),
    Api("STREAM.NAMES"),
    Api("STREAM.LIST"),
    Api("CONSUMER.CREATE.WALLET_0.x"),
    Api("CONSUMER.MSG.NEXT.WALLET_0.x"),
    Api("CONSUMER.INFO.WALLET_0.x"),
    Api("CONSUMER.DELETE.WALLET_0.x"),
    Api("CONSUMER.NAMES.WALLET_0"),
    Api("CONSUMER.LIST.WALLET_0"),
    Subscribe("wallet.outcome.>"),
    Subscribe("_INBOX_operator.x"),
];

const DENIED_TO_OPERATOR: [Try; 10] = [
    Publish("wallet.ready"),
    Subscribe("wallet.ready"),
    Publish("wallet.0.evt.debit.0"),
    Publish("wallet.0.evt.credit.0"),
    Publish("wallet.0.evt.ledger.0"),
    Publish("wallet.outcome.alice.x"),
    Publish("wallet.0.healed.debit.0"),
    Publish("wallet.0.fill"),
    Api("STREAM.CREATE.WALLET_0"),
    Subscribe("_INBOX_alice.x"),
];

const ALICE: [Try; 7] = [
    Publish("wallet.cmd.transfer.alice"),
    Publish("wallet.cmd.reserve.alice"),
    Publish("wallet.0.cmd.transfer.alice"),
    Publish("wallet.1.cmd.cancel.alice"),
    Api("STREAM.INFO.WALLET_0"),
    Subscribe("wallet.outcome.alice.*"),
    Subscribe("_INBOX_alice.x"),
];

const DENIED_TO_ALICE: [Try; 25] = [
    Publish("wallet.ready"),
    Subscribe("wallet.ready"),
    Publish("wallet.cmd.transfer.bob"),
    Publish("wallet.0.cmd.transfer.bob"),
    Publish("wallet.1.cmd.transfer.bob"),
    Publish("wallet.0.cmd.transfer.alice.x"),
    Publish("wallet.0.cmd.transfer.alice2"),
    Publish("wallet.cmd.transfer.@world"),
    Publish("wallet.adm.open.alice"),
    Publish("wallet.0.adm.unfreeze.alice"),
    Publish("wallet.adm.close.bob"),
    Publish("wallet.0.bulk"),
    Publish("wallet.1.bulk"),
    Publish("wallet.0.park.debit"),
    Publish("wallet.0.evt.debit.0"),
    Publish("wallet.0.evt.credit.0"),
    Publish("wallet.1.evt.ledger.0"),
    Publish("wallet.outcome.alice.x"),
    Publish("wallet.outcome.bob.x"),
    Api("STREAM.LIST"),
    Api("CONSUMER.LIST.WALLET_0"),
    Api("CONSUMER.INFO.WALLET_0.x"),
    Subscribe("wallet.outcome.bob.*"),
    Subscribe("wallet.outcome.*.*"),
    Subscribe("_INBOX_operator.x"),
];

/// (allowed, denied)
fn rows(user: &str) -> (Vec<Try>, Vec<Try>) {
    match user {
        "operator" => (
            [&REQUESTS[..], &OPERATOR].concat(),
            [&DENIED_TO_ALL[..], &SNAPSHOTS, &DENIED_TO_OPERATOR].concat(),
        ),
        "backup" => (
            [&SNAPSHOTS[..], &SERVICE[..3], &[Subscribe("_INBOX_backup.x")]].concat(),
            [
                &DENIED_TO_ALL[..],
                &REQUESTS,
                &SERVICE[3..],
                &DENIED_TO_SERVICES,
                &DENIED_TO_OPERATOR[..8],
            ]
            .concat(),
        ),
        "alice" => {
            let denied_service = [&SERVICE[..1], &SERVICE[2..], &DENIED_TO_SERVICES[..4]].concat();
            (
                ALICE.to_vec(),
                [&DENIED_TO_ALL[..], &SNAPSHOTS, &denied_service, &DENIED_TO_ALICE].concat(),
            )
        }
        name => service(name),
    }
}

#[tokio::test]
async fn each_user_has_exactly_its_permissions() -> Result<()> {
    let secured = Secured::start().await?;
    let (mut wrong, mut allowed, mut denied) = (Vec::new(), 0, 0);
    for user in USERS {
        let mut raw = secured.raw(user).await?;
        let (may, may_not) = rows(user);
        for row in may {
            allowed += 1;
            wrong.extend(
                row.denied(&mut raw)
                    .await?
                    .map(|error| format!("{user} was denied {row:?}: {error}")),
            );
        }
        for row in may_not {
            denied += 1;
            let error = row.denied(&mut raw).await?.unwrap_or_default();
            if !error.contains("Permissions Violation") {
                wrong.push(format!("{user} was not denied {row:?}: {error:?}"));
            }
        }
    }
    println!(
        "{allowed} allowed and {denied} denied actions of {} users",
        USERS.len()
    );
    ensure!(wrong.is_empty(), "{wrong:#?}");
    for (user, password) in [("alice", "wrong"), ("nobody", ""), ("", "")] {
        let refused = Raw::connect(secured.address, Some((user, password))).await;
        ensure!(refused.is_err(), "{user:?} was accepted with {password:?}");
    }
    ensure!(
        Raw::connect(secured.address, None).await.is_err(),
        "an anonymous user was accepted"
    );
    secured.world.stop().await
}

#[tokio::test]
async fn the_wallet_works_with_these_permissions() -> Result<()> {
    let secured = Secured::start().await?;
    let world = &secured.world;
    world.open(&["alice", "bob"]).await?;
    let alice = e2e::secured::url(secured.address, "alice");
    let pay = [
        "transfer",
        "--from",
        "alice",
        "--to",
        "bob",
        "--amount",
        "12.50",
        "--currency",
        "USD",
    ];
    let paid = e2e::run_wallet(&pay, &alice, &world.stack.api_url()).await?;
    ensure!(paid.status.success(), "{paid:?}");
    let steal = [
        "transfer",
        "--from",
        "bob",
        "--to",
        "alice",
        "--amount",
        "12.50",
        "--currency",
        "USD",
    ];
    let refused = e2e::run_wallet(&steal, &alice, &world.stack.api_url()).await?;
    ensure!(refused.status.code() == Some(1), "{refused:?}");
    for args in [&["verify"][..], &["freeze", "bob"], &["doctor"], &["balance"]] {
        let done = world.wallet(args).await?;
        ensure!(done.status.success(), "{args:?}: {done:?}");
    }
    assert_eq!(world.available("alice").await?, "87.50");
    let folder = world.dir().join("backup").display().to_string();
    let [debit, credit] = [Service::Debit, Service::Credit].map(|service| world.stack.service_url(service));
    let backup = ["backup", &folder, "--debit", &debit, "--credit", &credit];
    let user = e2e::secured::url(secured.address, "backup");
    let done = e2e::run_wallet(&backup, &user, &world.stack.api_url()).await?;
    ensure!(done.status.success(), "{done:?}");
    secured.world.stop().await
}
