-- When the promise of a reservation stood in the log, and for how long it then waited for its payer's word, microseconds. Absent where
-- a program without these columns has heard of it; then the events of the flow tell.
ALTER TABLE flow ADD COLUMN promised_us BIGINT;
ALTER TABLE flow ADD COLUMN held_us BIGINT;
