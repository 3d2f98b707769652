//! The permissions of each NATS user in the configuration that we ship: each row, allowed or denied, is tried on a real server.

use anyhow::{Result, ensure};
use e2e::raw::Raw;
use e2e::secured::{Secured, USERS};

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
const NOBODY: [Try; 36] = [
    Publish("wallet.x"),
    Publish("wallet.0.x"),
    Publish("wallet.0.evt"),
    Publish("wallet.0.evt.debit.x"),
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
    Api("STREAM.SNAPSHOT.WALLET_0"),
    Api("STREAM.RESTORE.WALLET_0"),
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
    Subscribe("wallet.0.evt.debit"),
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

/// Also denied to services: deleting another reader's consumer, listing what exists.
const NO_SERVICE: [Try; 5] = [
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
            Publish("wallet.0.evt.debit"),
            Publish("wallet.1.evt.debit"),
            Subscribe("_INBOX_debit.x"),
        ],
        "credit" => &[
            Publish("wallet.0.evt.credit"),
            Publish("wallet.1.evt.credit"),
            Subscribe("_INBOX_credit.x"),
        ],
        _ => &[
            Publish("wallet.0.evt.ledger"),
            Publish("wallet.1.evt.ledger"),
            Subscribe("_INBOX_ledger.x"),
            Publish("wallet.outcome.alice.x"),
            Publish("wallet.ready"),
        ],
    };
    let others: &[Try] = match name {
        "debit" => &[
            Publish("wallet.0.evt.credit"),
            Publish("wallet.1.evt.ledger"),
            Publish("wallet.outcome.alice.x"),
            Publish("wallet.ready"),
            Subscribe("_INBOX_credit.x"),
        ],
        "credit" => &[
            Publish("wallet.0.evt.debit"),
            Publish("wallet.1.evt.ledger"),
            Publish("wallet.outcome.alice.x"),
            Publish("wallet.ready"),
            Subscribe("_INBOX_ledger.x"),
        ],
        _ => &[
            Publish("wallet.0.evt.debit"),
            Publish("wallet.1.evt.credit"),
            Subscribe("_INBOX_debit.x"),
        ],
    };
    (
        [&SERVICE, own].concat(),
        [&NOBODY, &REQUESTS[..], &NO_SERVICE, others].concat(),
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

const NO_OPERATOR: [Try; 8] = [
    Publish("wallet.ready"),
    Subscribe("wallet.ready"),
    Publish("wallet.0.evt.debit"),
    Publish("wallet.0.evt.credit"),
    Publish("wallet.0.evt.ledger"),
    Publish("wallet.outcome.alice.x"),
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

const NO_ALICE: [Try; 25] = [
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
    Publish("wallet.0.evt.debit"),
    Publish("wallet.0.evt.credit"),
    Publish("wallet.1.evt.ledger"),
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
            [&NOBODY[..], &NO_OPERATOR].concat(),
        ),
        "alice" => {
            let no_service = [&SERVICE[..1], &SERVICE[2..], &NO_SERVICE[..4]].concat();
            (ALICE.to_vec(), [&NOBODY[..], &no_service, &NO_ALICE].concat())
        }
        name => service(name),
    }
}

#[tokio::test]
async fn each_user_may_what_it_needs_and_nothing_else() -> Result<()> {
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
                    .map(|said| format!("{user} may {row:?}: {said}")),
            );
        }
        for row in may_not {
            denied += 1;
            let said = row.denied(&mut raw).await?.unwrap_or_default();
            if !said.contains("Permissions Violation") {
                wrong.push(format!("{user} may not {row:?}, and did: {said:?}"));
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
        ensure!(refused.is_err(), "{user:?} got in with {password:?}");
    }
    ensure!(
        Raw::connect(secured.address, None).await.is_err(),
        "a client without a login got in"
    );
    secured.world.stop().await
}

#[tokio::test]
async fn the_wallet_works_with_nothing_but_these_rights() -> Result<()> {
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
    secured.world.stop().await
}
