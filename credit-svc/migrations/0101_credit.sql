-- The register of accounts: who may receive, and all that each has ever received, in minor units.
CREATE TABLE account (
    name TEXT NOT NULL,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    standing TEXT NOT NULL CHECK (standing IN ('open', 'frozen', 'closing', 'closed')),
    overdraft BIGINT CHECK (overdraft >= 0),
    received BIGINT NOT NULL CHECK (received >= 0),
    PRIMARY KEY (name, currency)
) /* keyed */;
