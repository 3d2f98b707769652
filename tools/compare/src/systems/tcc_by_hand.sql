CREATE TABLE account (
    id int PRIMARY KEY,
    available bigint NOT NULL CHECK (available >= 0),
    held bigint NOT NULL DEFAULT 0 CHECK (held >= 0)
);
-- On the payer's server: tried, then confirmed or cancelled.
CREATE TABLE hold (
    transfer uuid PRIMARY KEY, payer int NOT NULL, payee int NOT NULL, amount bigint NOT NULL,
    state text NOT NULL DEFAULT 'tried', at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX hold_tried ON hold (at) WHERE state = 'tried';
-- On the payee's server: received, or barred, so that a late confirmation is rejected.
CREATE TABLE receipt (transfer uuid PRIMARY KEY, payee int NOT NULL, amount bigint NOT NULL, state text NOT NULL);

-- Try. A repeat continues where the first attempt stopped.
CREATE FUNCTION try(transfer uuid, payer int, payee int, amount bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    known text;
BEGIN
    INSERT INTO hold VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        SELECT state INTO known FROM hold AS h WHERE h.transfer = $1;
        RETURN CASE known WHEN 'confirmed' THEN 'known' WHEN 'cancelled' THEN 'refused' ELSE 'tried' END;
    END IF;
    UPDATE account AS a SET available = available - $4, held = held + $4 WHERE a.id = $2 AND available >= $4;
    IF NOT FOUND THEN
        DELETE FROM hold AS h WHERE h.transfer = $1;
        RETURN 'refused';
    END IF;
    RETURN 'tried';
END $$;

-- Confirm, the payee's half.
CREATE FUNCTION receive(transfer uuid, payee int, amount bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    known text;
BEGIN
    INSERT INTO receipt VALUES ($1, $2, $3, 'received') ON CONFLICT DO NOTHING;
    IF FOUND THEN
        UPDATE account AS a SET available = available + $3 WHERE a.id = $2;
        RETURN 'received';
    END IF;
    SELECT state INTO known FROM receipt AS r WHERE r.transfer = $1;
    RETURN known;
END $$;

-- The scanner checks whether the payee has received it; if not, it bars the receipt.
CREATE FUNCTION bar(transfer uuid, payee int, amount bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    known text;
BEGIN
    INSERT INTO receipt VALUES ($1, $2, $3, 'barred') ON CONFLICT DO NOTHING;
    SELECT state INTO known FROM receipt AS r WHERE r.transfer = $1;
    RETURN known;
END $$;

-- Confirm or cancel, the payer's half.
CREATE FUNCTION finish(transfer uuid, how text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    tried hold;
BEGIN
    UPDATE hold AS h SET state = $2 WHERE h.transfer = $1 AND h.state = 'tried' RETURNING h.* INTO tried;
    IF NOT FOUND THEN RETURN; END IF;
    UPDATE account AS a
        SET held = held - tried.amount, available = available + CASE $2 WHEN 'cancelled' THEN tried.amount ELSE 0 END
        WHERE a.id = tried.payer;
END $$;
