-- What an account may spend, in minor units. No code can take it below its limit.
CREATE TABLE account (
    name TEXT NOT NULL,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    standing TEXT NOT NULL CHECK (standing IN ('open', 'frozen', 'closed')),
    overdraft BIGINT CHECK (overdraft >= 0),
    available BIGINT NOT NULL,
    held BIGINT NOT NULL CHECK (held >= 0),
    in_transit BIGINT NOT NULL CHECK (in_transit >= 0),
    PRIMARY KEY (name, currency),
    CONSTRAINT within_limit CHECK (overdraft IS NULL OR available >= -overdraft)
) /* keyed, updated */;

-- The phase table: the transfers that the shard's accounts pay, how far each has come, and what was heard when. It is
-- enough to finish or undo any of them. What two phases need is absent in transfers of one; `due_us` is there as long as the
-- clock may end it.
CREATE TABLE transfer (
    id UUID NOT NULL,
    payer TEXT NOT NULL,
    payee TEXT,
    amount BIGINT CHECK (amount > 0),
    currency TEXT,
    memo TEXT,
    reverses UUID,
    phase TEXT NOT NULL CHECK (phase IN ('refused', 'debited', 'credited', 'reversed', 'reserved', 'confirming', 'promised',
        'confirmed', 'completed', 'cancelled', 'expired', 'declined')),
    decided_us BIGINT NOT NULL,
    answered_us BIGINT,
    promised_us BIGINT,
    ordered_us BIGINT,
    expires_us BIGINT,
    due_us BIGINT,
    auto_confirm BIGINT CHECK (auto_confirm IN (0, 1)),
    captured BIGINT CHECK (captured BETWEEN 1 AND amount),
    trace UUID,
    reserved_by UUID,
    PRIMARY KEY (id, payer),
    CHECK ((expires_us IS NULL) = (trace IS NULL AND reserved_by IS NULL AND auto_confirm IS NULL))
) /* keyed, updated */;
CREATE INDEX transfer_due ON transfer (due_us) WHERE due_us IS NOT NULL;
