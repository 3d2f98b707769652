-- Everything heard, as it stands in the log; its id makes it the inbox, too. `no` is its place in the log, so rows are only
-- ever appended. Ids derived from one transfer share their first 64 bits: a flow is one range of the ids. `body` is absent
-- where the flow's home is another shard.
CREATE TABLE record (
    no BIGINT PRIMARY KEY,
    id UUID NOT NULL UNIQUE,
    transfer UUID NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    body TEXT
) /* rows */;
CREATE INDEX record_parked ON record (at_us) WHERE kind = 'wallet.message.parked.v1';

-- The books: one row is one double entry between `account` and @in-transit. `balance` runs. No CHECK calls a function: with
-- one, SQLite copies each page that an INSERT touches.
CREATE TABLE booking (
    account TEXT NOT NULL,
    currency TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    element BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('debit', 'credit', 'reversal')),
    amount BIGINT NOT NULL CHECK (amount <> 0),
    balance BIGINT NOT NULL,
    contra TEXT NOT NULL CHECK (contra = '@in-transit'),
    counterparty TEXT NOT NULL,
    transfer UUID NOT NULL,
    trace UUID NOT NULL,
    event UUID NOT NULL,
    memo TEXT,
    PRIMARY KEY (account, currency, at_us, sequence, element),
    CHECK ((kind = 'debit') = (amount < 0))
) /* keyed */;

-- The page of each account: a snapshot of the books and the register.
CREATE TABLE account (
    name TEXT NOT NULL,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    standing TEXT NOT NULL CHECK (standing IN ('open', 'frozen', 'closing', 'closed')),
    overdraft BIGINT CHECK (overdraft >= 0),
    available BIGINT NOT NULL,
    in_transit BIGINT NOT NULL CHECK (in_transit >= 0),
    PRIMARY KEY (name, currency),
    CONSTRAINT within_limit CHECK (overdraft IS NULL OR available >= -overdraft)
) /* keyed */;

-- The head of each flow. `no` is the place of its request in the log.
CREATE TABLE flow (
    no BIGINT PRIMARY KEY,
    transfer UUID NOT NULL,
    account TEXT NOT NULL,
    verb TEXT NOT NULL,
    request UUID NOT NULL,
    trace UUID NOT NULL,
    payee TEXT,
    amount BIGINT CHECK (amount > 0),
    currency TEXT,
    memo TEXT,
    started_us BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('running', 'settled', 'refused', 'compensated', 'done')),
    reason TEXT,
    detail TEXT,
    ended_us BIGINT,
    UNIQUE (transfer, account, verb),
    CHECK ((status = 'running') = (ended_us IS NULL))
) /* rows */;
-- A trace that a request began has the request's id, and is found by it.
CREATE INDEX flow_trace ON flow (trace) WHERE trace <> request;
-- What has moved money is found by the bookings; these are the others. An index of all by account would write the pages of a
-- thousand accounts with each batch.
CREATE INDEX flow_unbooked_account ON flow (account, no) WHERE status IN ('refused', 'compensated', 'done');
CREATE INDEX flow_unbooked_payee ON flow (payee, no) WHERE status IN ('refused', 'compensated');

-- How many transfers have come to which end, and how many have not.
CREATE TABLE tally (
    status TEXT PRIMARY KEY,
    transfers BIGINT NOT NULL
) /* keyed */;
