ALTER TABLE log_state ADD COLUMN archived_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE log_state ADD COLUMN segment_length BIGINT NOT NULL DEFAULT 1000000 CHECK (segment_length >= 1);
