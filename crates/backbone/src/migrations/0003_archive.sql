ALTER TABLE log_state ADD COLUMN archived_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE log_state ADD COLUMN segment_length BIGINT NOT NULL DEFAULT 10000 CHECK (segment_length >= 1);

CREATE TABLE archived_sequence (
  aggregate_type TEXT NOT NULL,
  aggregate_id TEXT NOT NULL,
  last BIGINT NOT NULL,
  PRIMARY KEY (aggregate_type, aggregate_id)
);

DROP TRIGGER event_log_is_never_deleted;
CREATE TRIGGER event_log_is_never_deleted BEFORE DELETE ON event_log WHEN OLD.position > (SELECT archived_until FROM log_state WHERE one = 1) BEGIN SELECT RAISE(ABORT, 'events are written once'); END;
