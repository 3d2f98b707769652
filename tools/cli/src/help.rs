//! The examples at the end of each `--help`.

/// `wallet --help`
pub const WALLET: &str = "\
Examples:
  wallet demo                                    see it all happen, on a stack of its own
  wallet up                                      start a stack; then, in another terminal:
  wallet open alice --currency USD
  wallet open bob --currency USD
  wallet deposit alice 100.00 USD
  wallet transfer --from alice --to bob --amount 12.50 --currency USD
  wallet trace ID                                the flow, drawn
  wallet statement alice

Words: a flow is all that belongs to one transfer, from its request to its end. @world is where money comes from and goes
to. A stack is NATS, the three services and their databases.

Exit codes: 0 done; 1 failed: nobody answers, what is named is not there, or a check found something wrong; 2 wrong use, whatever
the wallet holds; 3 refused (also by the tool itself, before it is sent), compensated, cancelled or expired; 4 no outcome in time;
5 nothing was paid, because all payments of the file had settled before; 141 nobody reads the answer any more
(`wallet transfers | head`).
Answers go to stdout, everything else to stderr.";

/// `wallet up --help`
pub const UP: &str = "\
Examples:
  wallet up
  wallet up --dir /var/lib/wallet --shards 4
  wallet up --database postgres://postgres@127.0.0.1/
  wallet up --nats nats://127.0.0.1:4222         use that server instead of starting one
  wallet up --nats tls://a:4222,b:4222 --nats-ca ca.pem --nats-creds me.creds

The number of shards, and where the databases and the streams of a wallet are, are recorded in wallet.json in its folder once it
has come up: they need not be given again, and what contradicts them is refused.";

/// `wallet demo --help`
pub const DEMO: &str = "\
Examples:
  wallet demo
  wallet demo --keep                             and look around afterwards; prints a page for each scenario
  wallet demo --database postgres://postgres@127.0.0.1/";

/// `wallet verify --help`
pub const VERIFY: &str = "\
Examples:
  wallet verify
  wallet verify --wait 2m --json

Exit codes: 0 all of it holds; 1 something is broken; 4 nothing is, but not everything had ended in time: a transfer is stuck (it is
said whom it waits for), or there is load. What has not ended is no breach, and no proof.";

/// `wallet doctor --help`
pub const DOCTOR: &str = "\
Exit codes: 0 if all is well, 1 if something must be put right (a service that does not answer, a stuck transfer, a parked
message, a wrong setting), 2 with --strict if something is to be looked at.

Examples:
  wallet doctor
  wallet doctor --monitor http://127.0.0.1:8222
  wallet doctor --strict --json";

/// `wallet parked --help`
pub const PARKED: &str = "\
Exit codes: 0 if it is done, now or before; 1 if another instruction came first or this one can't be carried out; 4 if it is recorded
and its service has not carried it out yet. Asking again is safe.

Examples:
  wallet parked                                  what is set aside, and why
  wallet parked --all                            also those that have been dealt with
  wallet parked show debit/0/17/2
  wallet parked retry --all                      after an upgrade: heard in order, with all that waits behind
  wallet parked edit debit/0/17 --body '{\"to\":\"bob\",\"amount\":\"1.00\",\"currency\":\"USD\"}'
  wallet parked discard debit/0/17 --reason 'a test of ours'";

/// `wallet bench --help`
pub const BENCH: &str = "\
Examples:
  wallet bench
  wallet bench --hot-percent 50 --json
  wallet bench --mode reserve                    reserve and confirm, counted as one
  wallet bench --rate 50 --seconds 30            single requests: from publish to outcome
  wallet bench --callers 64 --seconds 8          each waits for its outcome before it sends the next
  wallet bench --callers 256 --shared            callers of one program, which share messages
  wallet bench --transfers 1000000 --keep        fills a ledger, and says where its pages are
  wallet bench --database postgres://postgres@127.0.0.1/";

/// `wallet open --help`
pub const OPEN: &str = "\
Examples:
  wallet open alice --currency USD
  wallet open alice --currency KRW               a second balance of the same account
  wallet open carol --currency USD --overdraft 50.00
  wallet open @fees --currency USD --overdraft unlimited";

/// `wallet deposit --help`, `wallet withdraw --help`
pub const MOVEMENT: &str = "\
Examples:
  wallet deposit alice 100.00 USD
  wallet withdraw alice 20.00 USD --memo \"cash\"
  wallet deposit alice 5 USD                     5.00: zeros that are missing are added, nothing is rounded";

/// The two usages of `wallet transfer`.
pub const TRANSFER_USAGE: &str = "\
wallet transfer --from <ACCOUNT> --to <ACCOUNT> --amount <AMOUNT> --currency <CODE> [OPTIONS]
       wallet transfer --file <FILE> [OPTIONS]";

/// `wallet transfer --help`
pub const TRANSFER: &str = "\
Examples:
  wallet transfer --from alice --to bob --amount 12.50 --currency USD
  wallet transfer --from alice --to bob --amount 12.50 --currency USD \\
                  --id 0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f   the same id never pays twice
  wallet transfer --file payments.csv
  wallet transfer --file salaries.csv --batch 2026-02
  wallet transfer --file salaries.csv --batch 2026-02 --retry-refused

Files: CSV with a header line, or JSONL with the same names, all values strings:
  id,from,to,amount,currency,memo
  ,alice,bob,12.50,USD,lunch
id and memo may be left out or empty. Semicolons or tabs may separate the values, and amounts may be written as 5, 12,50 or
1,234.50; whatever could be read in two ways is an error. The whole file is checked before anything is sent. A transfer that
touches an account starts after the file's earlier ones on that account have ended (@world, which is never short of money,
makes nobody wait); all others run side by side.

Playing a file again pays nothing twice, nor does playing part of it, or its rows in another order or as JSONL: a row without
id is identified by its content, the number of equal rows before it, and --batch. If another file has already sent some of its
rows and others are new, nothing is sent until you say which are meant: with --batch NAME all are new payments, with
--skip-paid only the new ones are paid. --retry-refused sends the rows again that ended refused or compensated, each as a new
attempt, and no others: nothing of these was paid. The ledger (--api) is asked about all rows first; if it can't answer, rows
without id are not sent.

Exit codes of a file: 0 all have settled, some or all of them in this run; 5 all had settled before, so nothing was paid; 3 some
ended refused or compensated, now or before; 4 the outcome of some is not known; 1 some could not be sent.";

/// `wallet reserve --help`
pub const RESERVE: &str = "\
Examples:
  wallet reserve --from alice --to bob --amount 20.00 --currency USD
  wallet reserve --from alice --to bob --amount 20.00 --currency USD --expires-in 15m
  wallet reserve --from alice --to bob --amount 20.00 --currency USD --auto-confirm

Reserved money is alice's, and she can't spend it. Then, with the id that is printed:
  wallet confirm ID                              bob gets it
  wallet cancel ID                               alice has it again; so she has when its time is up";

/// `wallet confirm --help`
pub const CONFIRM: &str = "\
Examples:
  wallet confirm 0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f
  wallet confirm 0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f --amount 12.50     the rest is released";

/// `wallet cancel --help`
pub const CANCEL: &str = "\
Examples:
  wallet cancel 0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f
  wallet cancel 0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f --from alice        also before the reservation is heard of";

/// `wallet reverse --help`
pub const REVERSE: &str = "\
Examples:
  wallet reverse 0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f                    all that is left of it
  wallet reverse 0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f --amount 2.50 --memo \"one bottle broken\"

A reversal is a transfer from the payee to the payer that names the old one. It needs the payee's right to pay, and its
money; all reversals of a transfer together never give back more than it moved.";

/// `wallet phases --help`
pub const PHASES: &str = "\
Examples:
  wallet phases 0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f
  wallet phases 0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f --debit http://10.0.0.7:8081";

/// `wallet freeze --help`, `wallet unfreeze --help`, `wallet close --help`
pub const STANDING: &str = "\
Examples:
  wallet freeze alice
  wallet unfreeze alice
  wallet close alice                             only at zero, with nothing on its way";

/// `wallet balance --help`
pub const BALANCE: &str = "\
Examples:
  wallet balance alice
  wallet balance alice --at 2026-01-31T12:00:00Z
  wallet balance alice --at \"2026-11-28 16:23:37\"                       as tables show it: UTC, the end of that second
  wallet balance alice --at 2026-01-31T12:00[America/New_York]
  wallet balance alice --at \"10m ago\"
  wallet balance                                 all accounts";

/// `wallet statement --help`
pub const STATEMENT: &str = "\
Examples:
  wallet statement alice
  wallet statement alice --currency USD --limit 0 --json";

/// `wallet transfers --help`
pub const TRANSFERS: &str = "\
Examples:
  wallet transfers
  wallet transfers --account alice --limit 5
  wallet transfers --status refused --reason insufficient_funds
  wallet transfers --ended-since 1h --limit 0
  wallet transfers --status stuck   not heard of for 30 s (WALLET_STUCK_AFTER of ledger-svc), and whom they wait for";

/// `wallet trace --help`
pub const TRACE: &str = "\
Examples:
  wallet trace 0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f   a transfer's id
  wallet trace 0190b1c47a2e8c3d9f005a3c1e8b2d4f       a trace id: all flows of the trace
  wallet trace --file sim-failure.json                all flows that a simulation wrote
  wallet trace export --since 1h --otlp http://127.0.0.1:4318
                                                      as OpenTelemetry spans, to Jaeger or another receiver

The exit code tells the outcome: 0 settled, reserved or done; 3 refused, compensated, cancelled or expired; 4 still running.";

/// `wallet trace export --help`
pub const EXPORT: &str = "\
Examples:
  wallet trace export 0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f --otlp http://127.0.0.1:4318
  wallet trace export --since 1h --otlp http://127.0.0.1:4317 --protocol grpc
  wallet trace export --since 2026-01-31T12:00:00Z --otlp https://otlp.example.org --headers api-key=…

Spans are rebuilt from the log, years later too, and have the ids of the events: sent again, they are the same spans.
A refused transfer is no error. Memos are not exported.";

/// `wallet watch --help`
pub const WATCH: &str = "\
Examples:
  wallet watch
  wallet watch 0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f   one transfer, step by step; its exit code tells the outcome
  wallet watch --account alice
  wallet watch --json | jq .status";

/// `wallet heal --help`
pub const HEAL: &str = "\
It shows what is missing and asks before it does anything; without a terminal it needs --yes. Requests go back as the
operator, events through the services that said them. What is there already is left alone, so it can be run again. At the
end it audits what came out, as `wallet verify` does; exit code 1 if that does not hold, 4 if something has not ended yet.

Examples:
  wallet heal
  wallet heal --yes
  wallet heal --json                             only what it would do";

/// `wallet completions --help`
pub const COMPLETIONS: &str = "\
Examples:
  wallet completions bash > ~/.local/share/bash-completion/completions/wallet
  wallet completions zsh > ~/.zfunc/_wallet
  wallet completions fish > ~/.config/fish/completions/wallet.fish";
