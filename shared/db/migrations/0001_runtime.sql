-- What the runtime keeps in the database of each (service, shard). One text for both databases: see db/schema.rs.

-- Who works on this shard, and how far the work has come. One row.
CREATE TABLE progress (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    service TEXT NOT NULL,
    shard BIGINT NOT NULL,
    shards BIGINT NOT NULL,
    holder TEXT NOT NULL,
    epoch BIGINT NOT NULL CHECK (epoch >= 0),
    expires_us BIGINT NOT NULL,
    position BIGINT NOT NULL CHECK (position >= 0),
    at_us BIGINT NOT NULL,
    last_no BIGINT NOT NULL CHECK (last_no >= 0),
    published BIGINT NOT NULL CHECK (published BETWEEN 0 AND last_no)
) /* rows */;

-- The event store, and above `progress.published` the outbox.
CREATE TABLE event (
    no BIGINT PRIMARY KEY,
    id UUID NOT NULL,
    shard_first BIGINT NOT NULL,
    shard_then BIGINT,
    body TEXT NOT NULL
) /* rows */;

-- The causes that have been handled, and the number of the event that was decided on each, where the service asks for it.
CREATE TABLE inbox (
    id UUID PRIMARY KEY,
    no BIGINT
) /* keyed */;

-- What could not be read, and what is of the same transfer and waits behind it.
CREATE TABLE parked (
    sequence BIGINT NOT NULL,
    element BIGINT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    body TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    transfer UUID,
    account TEXT,
    traceparent TEXT,
    event_id TEXT,
    PRIMARY KEY (sequence, element)
) /* keyed */;
-- Of what something waits.
CREATE INDEX parked_transfer ON parked (transfer) WHERE transfer IS NOT NULL;
CREATE INDEX parked_account ON parked (account) WHERE account IS NOT NULL;
