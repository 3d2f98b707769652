-- The register of accounts: who may receive, all that each has ever received, and what it was promised, in minor units.
CREATE TABLE account (
    name TEXT NOT NULL,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    standing TEXT NOT NULL CHECK (standing IN ('open', 'frozen', 'closing', 'closed')),
    overdraft BIGINT CHECK (overdraft >= 0),
    received BIGINT NOT NULL CHECK (received >= 0),
    promised BIGINT NOT NULL CHECK (promised >= 0),
    PRIMARY KEY (name, currency)
) /* keyed, updated */;

-- The promises that reservations have got.
CREATE TABLE promise (
    id UUID NOT NULL,
    payer TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    standing TEXT NOT NULL CHECK (standing IN ('open', 'kept', 'released')),
    PRIMARY KEY (id, payer)
) /* keyed, updated */;

-- The transfers that give another one back: `id` and `payer` name the one, `of_id` and `of_payer` the other.
CREATE TABLE reversal (
    id UUID NOT NULL,
    payer TEXT NOT NULL,
    of_id UUID NOT NULL,
    of_payer TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    live BIGINT NOT NULL CHECK (live IN (0, 1)),
    PRIMARY KEY (id, payer)
) /* keyed, updated */;
CREATE INDEX reversal_of ON reversal (of_id, of_payer);
