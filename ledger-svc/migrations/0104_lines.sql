-- The books in the order of the log: a booking stands where its event stands, so rows are only ever appended. By account, each
-- batch wrote a page or two of every account in it, ten times what it had to say. One row is one double entry as before, with
-- @in-transit as its other side; it says which `line` of the account's books it is, and where the one before it stands.
ALTER TABLE booking RENAME TO booking_by_account;
CREATE TABLE booking (
    no BIGINT PRIMARY KEY,
    account TEXT NOT NULL,
    currency TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    line BIGINT NOT NULL CHECK (line >= 1),
    previous BIGINT CHECK (previous < no),
    kind TEXT NOT NULL CHECK (kind IN ('debit', 'credit', 'reversal', 'hold', 'release')),
    amount BIGINT NOT NULL,
    held BIGINT NOT NULL DEFAULT 0,
    balance BIGINT NOT NULL,
    held_balance BIGINT NOT NULL DEFAULT 0 CHECK (held_balance >= 0),
    counterparty TEXT NOT NULL,
    transfer UUID NOT NULL,
    trace UUID NOT NULL,
    memo TEXT,
    reverses UUID,
    CHECK ((line = 1) = (previous IS NULL)),
    CHECK ((kind = 'debit') = (amount + held < 0))
) /* rows */;
INSERT INTO booking (no, account, currency, at_us, line, previous, kind, amount, held, balance, held_balance, counterparty,
    transfer, trace, memo, reverses)
SELECT sequence * 16384 + element, account, currency, at_us, ROW_NUMBER() OVER books,
    LAG(sequence * 16384 + element) OVER books, kind, amount, held, balance, held_balance, counterparty, transfer, trace, memo,
    reverses
FROM booking_by_account
WINDOW books AS (PARTITION BY account, currency ORDER BY at_us, sequence, element);
DROP TABLE booking_by_account;
-- From one of these a place in an account's books is at most 32 lines away.
CREATE INDEX booking_mark ON booking (account, currency, at_us, no) WHERE line % 32 = 1;
CREATE INDEX booking_reverses ON booking (reverses, account) WHERE reverses IS NOT NULL;

-- Where an account's books end: which line, and where it stands.
ALTER TABLE account ADD COLUMN last_line BIGINT;
ALTER TABLE account ADD COLUMN last_no BIGINT CHECK ((last_no IS NULL) = (last_line IS NULL));
UPDATE account SET last_line = b.line, last_no = b.no
FROM (SELECT account, currency, MAX(line) AS line, MAX(no) AS no FROM booking GROUP BY account, currency) AS b
WHERE account.name = b.account AND account.currency = b.currency;
