-- From where on the shard's log must hold every message: from its beginning, or from where `wallet heal` has put everything back.
ALTER TABLE progress ADD COLUMN whole_from BIGINT NOT NULL DEFAULT 1 CHECK (whole_from >= 1);
