-- What the loop keeps in the database of each (service, shard). One text for both databases: see src/schema.rs.

-- Which instance works on this shard, and how far the work has progressed. One row.
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
    -- The sequence from which the shard's log must hold every message: its first, or the one from which `wallet heal` restored them all.
    whole_from BIGINT NOT NULL CHECK (whole_from >= 1),
    -- The last handled element of the message after `position`, or -1 if none is handled.
    within BIGINT NOT NULL,
    -- A place in the service's own log up to which all decisions are in `event`.
    own BIGINT NOT NULL
) /* rows */;

-- The event store: the service's own decisions, as its log holds them.
CREATE TABLE event (
    no BIGINT PRIMARY KEY,
    id UUID NOT NULL,
    shard_first BIGINT NOT NULL,
    shard_then BIGINT,
    body TEXT NOT NULL
) /* rows */;
-- What other shards must hold, too.
CREATE INDEX event_copy ON event (shard_then, no) WHERE shard_then IS NOT NULL;

-- The causes that have been handled, and the number of the event that was decided on each, where the service asks for it.
CREATE TABLE inbox (
    id UUID PRIMARY KEY,
    no BIGINT
) /* keyed */;

-- Messages that could not be read, and messages of the same transfer that wait for them.
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
-- What later messages wait for.
CREATE INDEX parked_transfer ON parked (transfer) WHERE transfer IS NOT NULL;
CREATE INDEX parked_account ON parked (account) WHERE account IS NOT NULL;
