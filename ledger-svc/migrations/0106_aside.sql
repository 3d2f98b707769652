-- What is set aside and nobody has seen to yet: a row for each `message.parked` without its `message.resolved`. Rows are few and
-- short-lived, and a transfer whose messages can all be read writes none. `no` and `id` are those of the record.
CREATE TABLE aside (
    no BIGINT PRIMARY KEY,
    id UUID NOT NULL UNIQUE,
    transfer TEXT COLLATE "C"
) /* rows */;
CREATE INDEX aside_transfer ON aside (transfer) WHERE transfer IS NOT NULL;
INSERT INTO aside (no, id, transfer)
SELECT no, id, body::json -> 'data' ->> 'transfer' FROM record
WHERE kind = 'wallet.message.parked.v1' AND body::json ->> 'causationid' NOT IN (
    SELECT body::json ->> 'causationid' FROM record WHERE kind = 'wallet.message.resolved.v1'
);
