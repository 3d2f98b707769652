//! The examples at the end of each `--help`.

/// `wallet --help`
pub const WALLET: &str = "\
Examples:
  wallet demo                                    watch all scenarios, on a temporary stack
  wallet up                                      start a stack; then, in another terminal:
  wallet open alice --currency USD
  wallet open bob --currency USD
  wallet deposit alice 100.00 USD
  wallet transfer --from alice --to bob --amount 12.50 --currency USD
  wallet trace ID                                the flow, drawn
  wallet statement alice

Terms: a flow is everything that belongs to one transfer, from its request to its end. Money comes from @world and goes
there. A stack is NATS, the three services and their databases.

Exit codes: 0 done; 1 failed: no reply, something named does not exist, or a check found a problem; 2 invalid command line or file;
3 refused (by the wallet, or by this tool before sending), compensated, cancelled or expired; 4 no outcome in time; 5 nothing was
paid, because all payments of the file had settled before; 141 the reader of the output has closed it (`wallet transfers | head`).
Results go to stdout, everything else to stderr.";

/// `wallet up --help`
pub const UP: &str = "\
Examples:
  wallet up
  wallet up --dir /var/lib/wallet --shards 4
  wallet up --database postgres://postgres@127.0.0.1/
  wallet up --nats nats://127.0.0.1:4222         use that server instead of starting one
  wallet up --nats tls://a:4222,b:4222 --nats-ca ca.pem --nats-creds me.creds

Once the wallet is up, its number of shards and the addresses of its databases and its NATS server are recorded in wallet.json in
its folder: they need not be given again, and options that contradict them are rejected.";

/// `wallet demo --help`
pub const DEMO: &str = "\
Examples:
  wallet demo
  wallet demo --keep                             leaves the stack running; prints a page for each scenario
  wallet demo --database postgres://postgres@127.0.0.1/";

/// `wallet verify --help`
pub const VERIFY: &str = "\
Examples:
  wallet verify
  wallet verify --wait 2m --json

Exit codes: 0 every invariant holds; 1 an invariant is broken; 4 no invariant is broken, but not everything ended in time: a transfer
is stuck (the report names the service that it waits for), or the wallet is under load.";

/// `wallet doctor --help`
pub const DOCTOR: &str = "\
Exit codes: 0 all is well; 1 something failed (a service does not answer, a transfer is stuck, a message is parked, a setting is
wrong); 2 with --strict: there are warnings.

Examples:
  wallet doctor
  wallet doctor --monitor http://127.0.0.1:8222
  wallet doctor --strict --json";

/// `wallet parked --help`
pub const PARKED: &str = "\
Exit codes: 0 carried out, now or before; 1 another instruction came first, or this one can't be carried out; 4 recorded, but its
service has not carried it out yet. Repeating a command is safe.

Examples:
  wallet parked                                  the parked messages, with reasons
  wallet parked --all                            also those that are resolved
  wallet parked show debit/0/17/2
  wallet parked retry --all                      after an upgrade: in order, with the messages that wait
  wallet parked edit debit/0/17 --body '{\"to\":\"bob\",\"amount\":\"1.00\",\"currency\":\"USD\"}'
  wallet parked discard debit/0/17 --reason 'a test of ours'";

/// `wallet bench --help`
pub const BENCH: &str = "\
Examples:
  wallet bench
  wallet bench --hot-percent 50 --json
  wallet bench --mode reserve                    reserve and confirm, counted as one
  wallet bench --rebuild                         also how fast databases are rebuilt from the log
  wallet bench --rate 50 --seconds 30            single requests: from publish to outcome
  wallet bench --callers 64 --seconds 8          each waits for its outcome before it sends the next
  wallet bench --callers 256 --shared            callers of one program, which share messages
  wallet bench --transfers 1000000 --keep        fills a ledger, and prints the viewer's address
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
  wallet deposit alice 5 USD                     5.00: missing zeros are added, nothing is rounded";

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
1,234.50; an ambiguous amount is an error. The whole file is checked before anything is sent. A transfer that
touches an account starts after the file's earlier ones on that account have ended (@world is exempt, since it is never short of money);
all others run concurrently.

Running a file again pays nothing twice, nor does running a part of it, or its rows in another order or as JSONL: a row without
id is identified by its content, the number of equal rows before it, and --batch. If another file has already sent some of its
rows and others are new, nothing is sent until you say which are meant: with --batch NAME all are new payments, with
--skip-paid only the new ones are paid. --retry-refused sends again the rows that ended refused or compensated, each as a new
attempt, and no others. The ledger (--api) is asked about all rows first; if it can't answer, rows
without id are not sent.

Exit codes of a file: 0 all have settled, some or all of them in this run; 5 all had settled before, so nothing was paid; 3 some
ended refused or compensated, now or before; 4 the outcome of some is not known; 1 some could not be sent.";

/// `wallet reserve --help`
pub const RESERVE: &str = "\
Examples:
  wallet reserve --from alice --to bob --amount 20.00 --currency USD
  wallet reserve --from alice --to bob --amount 20.00 --currency USD --expires-in 15m
  wallet reserve --from alice --to bob --amount 20.00 --currency USD --auto-confirm

Reserved money still belongs to alice, but she can't spend it. Then, with the id that was printed:
  wallet confirm ID                              pays it to bob
  wallet cancel ID                               releases it, as happens anyway when its time is up";

/// `wallet confirm --help`
pub const CONFIRM: &str = "\
Examples:
  wallet confirm 0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f
  wallet confirm 0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f --amount 12.50     the rest is released";

/// `wallet cancel --help`
pub const CANCEL: &str = "\
Examples:
  wallet cancel 0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f
  wallet cancel 0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f --from alice        works even before the reservation arrives";

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
pub const STATUS_CHANGE: &str = "\
Examples:
  wallet freeze alice
  wallet unfreeze alice
  wallet close alice                             only at zero, with nothing in transit";

/// `wallet balance --help`
pub const BALANCE: &str = "\
Examples:
  wallet balance alice
  wallet balance alice --at 2026-01-31T12:00:00Z
  wallet balance alice --at \"2026-11-28 16:23:37\"                       as shown in tables: UTC, the end of that second
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
  wallet transfers --status stuck   without an event for 30 s (WALLET_STUCK_AFTER), with the service they wait for";

/// `wallet trace --help`
pub const TRACE: &str = "\
Examples:
  wallet trace 0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f   a transfer's id
  wallet trace 0190b1c47a2e8c3d9f005a3c1e8b2d4f       a trace id: all flows of the trace
  wallet trace --file sim-failure.json                all flows that a simulation wrote
  wallet trace export --since 1h --otlp http://127.0.0.1:4318
                                                      as OpenTelemetry spans, to Jaeger or another receiver

The exit code gives the outcome: 0 settled, reserved or done; 3 refused, compensated, cancelled or expired; 4 still running.";

/// `wallet trace export --help`
pub const EXPORT: &str = "\
Examples:
  wallet trace export 0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f --otlp http://127.0.0.1:4318
  wallet trace export --since 1h --otlp http://127.0.0.1:4317 --protocol grpc
  wallet trace export --since 2026-01-31T12:00:00Z --otlp https://otlp.example.org --headers api-key=…

Spans are rebuilt from the log, years later too, and have the ids of the events: sent again, they are the same spans.
A refused transfer is not exported as an error. Memos are not exported.";

/// `wallet watch --help`
pub const WATCH: &str = "\
Examples:
  wallet watch
  wallet watch 0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f   one transfer, step by step; its exit code gives the outcome
  wallet watch --account alice
  wallet watch --json | jq .status";

/// `wallet heal --help`
pub const HEAL: &str = "\
It shows what is missing and asks before it changes anything; without a terminal it needs --yes. Requests are restored by the
operator, events by the services that published them. Existing messages are not changed, so it can be run again. At the end it
audits the result, as `wallet verify` does: exit code 1 if an invariant is broken, 4 if something has not ended yet.

Examples:
  wallet heal
  wallet heal --yes
  wallet heal --json                             only what it would do";

/// `wallet backup --help`
pub const BACKUP: &str = "\
While it runs, transfers between shards wait; all else goes on. The instances named must be the ones that work. The NATS user must be
allowed to take snapshots of streams.

Examples:
  wallet backup /backups/monday";

/// `wallet restore --help`
pub const RESTORE: &str = "\
Stop all services first, and give them empty databases: they rebuild them from the streams when they start. A database from the time of
the backup or before it may be kept; one from after it is refused.

Examples:
  wallet restore /backups/monday --dir ./restored && wallet up --dir ./restored
  wallet restore /backups/monday --nats nats://127.0.0.1:4222";

/// `wallet rebuild --help`
pub const REBUILD: &str = "\
It is for a stack of `wallet up`. Elsewhere, run the service's own program with the service's settings: `debit-svc rebuild --shard 0`.
Nothing is decided, and nothing is written to the log. After a rebuild, the rows are compared with the live ones at the same place of
the log: exit code 1 if one differs. With --swap the exit code is 0, since the log is right.

Examples:
  wallet rebuild debit
  wallet rebuild ledger --shard 1 --into sqlite:///tmp/ledger-{shard}.db --keep
  wallet rebuild credit --swap";

/// `wallet completions --help`
pub const COMPLETIONS: &str = "\
Examples:
  wallet completions bash > ~/.local/share/bash-completion/completions/wallet
  wallet completions zsh > ~/.zfunc/_wallet
  wallet completions fish > ~/.config/fish/completions/wallet.fish";
