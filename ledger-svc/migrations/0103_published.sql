-- How long it took from the sender's commit until this stood in the log, microseconds; absent where that is not known.
ALTER TABLE record ADD COLUMN publish_us BIGINT;
