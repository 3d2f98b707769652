-- How far a message is handled of which only some elements are: the last of them, or -1.
ALTER TABLE progress ADD COLUMN within BIGINT NOT NULL DEFAULT -1;
-- A place in the service's own log up to which all decisions are in `event`.
ALTER TABLE progress ADD COLUMN own BIGINT NOT NULL DEFAULT 0;
-- What other shards must hold, too.
CREATE INDEX event_copy ON event (shard_then, no) WHERE shard_then IS NOT NULL;
