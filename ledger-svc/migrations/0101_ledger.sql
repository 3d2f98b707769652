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
CREATE INDEX record_parked ON record (at_us, no) WHERE kind = 'wallet.message.parked.v1';
CREATE INDEX record_resolved ON record (no) WHERE kind = 'wallet.message.resolved.v1';

-- The books: one row is one double entry between what `account` has available (`amount`), what it holds (`held`) and
-- @in-transit, which gains the opposite of both. `balance` and `held_balance` run. No CHECK calls a function: with one, SQLite
-- copies each page that an INSERT touches.
CREATE TABLE booking (
    account TEXT NOT NULL,
    currency TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    element BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('debit', 'credit', 'reversal', 'hold', 'release')),
    amount BIGINT NOT NULL,
    held BIGINT NOT NULL DEFAULT 0,
    balance BIGINT NOT NULL,
    held_balance BIGINT NOT NULL DEFAULT 0 CHECK (held_balance >= 0),
    contra TEXT NOT NULL CHECK (contra = '@in-transit'),
    counterparty TEXT NOT NULL,
    transfer UUID NOT NULL,
    trace UUID NOT NULL,
    event UUID NOT NULL,
    memo TEXT,
    reverses UUID,
    PRIMARY KEY (account, currency, at_us, sequence, element),
    CHECK ((kind = 'debit') = (amount + held < 0))
) /* keyed */;
CREATE INDEX booking_reverses ON booking (reverses, account) WHERE reverses IS NOT NULL;

-- The page of each account: a snapshot of the books and the register.
CREATE TABLE account (
    name TEXT NOT NULL,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    standing TEXT NOT NULL CHECK (standing IN ('open', 'frozen', 'closing', 'closed')),
    overdraft BIGINT CHECK (overdraft >= 0),
    available BIGINT NOT NULL,
    held BIGINT NOT NULL CHECK (held >= 0),
    in_transit BIGINT NOT NULL CHECK (in_transit >= 0),
    PRIMARY KEY (name, currency),
    CONSTRAINT within_limit CHECK (overdraft IS NULL OR available >= -overdraft)
) /* keyed, updated */;

-- The head of each flow. `no` is the place of its request in the log. `verb` is the kind of flow: all that a payer asks is
-- about a transfer; `form` is what began it, if it was no plain transfer.
CREATE TABLE flow (
    no BIGINT PRIMARY KEY,
    transfer UUID NOT NULL,
    account TEXT NOT NULL,
    verb TEXT NOT NULL,
    form TEXT,
    request UUID NOT NULL,
    trace UUID NOT NULL,
    payee TEXT,
    amount BIGINT CHECK (amount > 0),
    captured BIGINT CHECK (captured BETWEEN 1 AND amount),
    currency TEXT,
    memo TEXT,
    reverses UUID,
    started_us BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('running', 'reserved', 'settled', 'refused', 'compensated', 'cancelled', 'expired',
        'done')),
    reason TEXT,
    detail TEXT,
    ended_us BIGINT,
    UNIQUE (transfer, account, verb),
    CHECK ((status IN ('running', 'reserved')) = (ended_us IS NULL))
) /* rows */;
-- A trace that a request began has the request's id, and is found by it.
CREATE INDEX flow_trace ON flow (trace) WHERE trace <> request;
-- The few that keep somebody waiting, oldest first. Not by status: PostgreSQL would take it for the updates, which ask for that.
CREATE INDEX flow_open ON flow (no) WHERE ended_us IS NULL;
-- What has moved money is found by the bookings; these are the others. An index of all by account would write the pages of a
-- thousand accounts with each batch.
CREATE INDEX flow_unbooked_account ON flow (account, no)
    WHERE status IN ('refused', 'compensated', 'cancelled', 'expired', 'done');
CREATE INDEX flow_unbooked_payee ON flow (payee, no) WHERE status IN ('refused', 'compensated', 'cancelled', 'expired');
CREATE INDEX flow_reverses ON flow (reverses) WHERE reverses IS NOT NULL;

-- How many transfers have come to which end, and how many have not.
CREATE TABLE tally (
    status TEXT PRIMARY KEY,
    transfers BIGINT NOT NULL
) /* keyed, updated */;
