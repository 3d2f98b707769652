-- What an account may spend, in minor units. No code can take it below its limit.
CREATE TABLE account (
    name TEXT NOT NULL,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    standing TEXT NOT NULL CHECK (standing IN ('open', 'frozen', 'closed')),
    overdraft BIGINT CHECK (overdraft >= 0),
    available BIGINT NOT NULL,
    in_transit BIGINT NOT NULL CHECK (in_transit >= 0),
    PRIMARY KEY (name, currency),
    CONSTRAINT within_limit CHECK (overdraft IS NULL OR available >= -overdraft)
) /* keyed */;

-- The transfers that the shard's accounts pay, and how far each has come.
CREATE TABLE transfer (
    id UUID NOT NULL,
    payer TEXT NOT NULL,
    payee TEXT,
    amount BIGINT CHECK (amount > 0),
    currency TEXT,
    memo TEXT,
    phase TEXT NOT NULL CHECK (phase IN ('refused', 'debited', 'credited', 'reversed')),
    PRIMARY KEY (id, payer)
) /* keyed */;
