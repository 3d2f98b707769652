CREATE TABLE account (id int PRIMARY KEY, available bigint NOT NULL CHECK (available >= 0));
CREATE TABLE transfer (
    id uuid PRIMARY KEY, payer int NOT NULL, payee int NOT NULL, amount bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE entry (
    account int, transfer uuid, amount bigint NOT NULL, balance bigint NOT NULL, PRIMARY KEY (account, transfer)
);

-- Known ids change nothing; both rows are locked in order; two entries with running balances.
CREATE FUNCTION pay(id uuid, payer int, payee int, amount bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    left_over bigint;
    received bigint;
BEGIN
    INSERT INTO transfer VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN RETURN 'known'; END IF;
    PERFORM 1 FROM account AS a WHERE a.id IN ($2, $3) ORDER BY a.id FOR UPDATE;
    UPDATE account AS a SET available = available - $4 WHERE a.id = $2 AND available >= $4
        RETURNING available INTO left_over;
    IF NOT FOUND THEN
        -- A refusal is no payment, so the same id may be tried again.
        DELETE FROM transfer AS t WHERE t.id = $1;
        RETURN 'refused';
    END IF;
    UPDATE account AS a SET available = available + $4 WHERE a.id = $3 RETURNING available INTO received;
    INSERT INTO entry VALUES ($2, $1, -$4, left_over), ($3, $1, $4, received);
    RETURN 'settled';
END $$;
