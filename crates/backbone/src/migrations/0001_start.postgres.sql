CREATE TABLE log_state (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  instance_id TEXT NOT NULL,
  epoch BIGINT NOT NULL
);

CREATE TABLE aggregate_sequence (
  aggregate_type TEXT NOT NULL,
  aggregate_id TEXT NOT NULL,
  last BIGINT NOT NULL,
  PRIMARY KEY (aggregate_type, aggregate_id)
);

CREATE TABLE event_identity (
  event_id TEXT PRIMARY KEY
);

CREATE SEQUENCE event_entry_id;

CREATE TABLE event_entry (
  id BIGINT NOT NULL,
  txid XID8 NOT NULL DEFAULT pg_current_xact_id(),
  event_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  event_version BIGINT NOT NULL CHECK (event_version >= 1),
  aggregate_type TEXT NOT NULL,
  aggregate_id TEXT NOT NULL,
  aggregate_seq BIGINT NOT NULL CHECK (aggregate_seq >= 1),
  workspace_id TEXT,
  actor_id TEXT,
  correlation_id TEXT NOT NULL,
  causation_id TEXT,
  trace TEXT,
  metadata TEXT NOT NULL DEFAULT '{}',
  data TEXT NOT NULL DEFAULT '{}',
  occurred_at TEXT NOT NULL,
  inserted_at TEXT NOT NULL,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);

CREATE INDEX event_entry_by_transaction ON event_entry (txid);
CREATE INDEX event_entry_by_event ON event_entry (event_id);
CREATE INDEX event_entry_by_aggregate ON event_entry (aggregate_type, aggregate_id, aggregate_seq);
CREATE INDEX event_entry_by_type ON event_entry (event_type, id);
CREATE INDEX event_entry_by_workspace ON event_entry (workspace_id) WHERE workspace_id IS NOT NULL;
CREATE INDEX event_entry_by_actor ON event_entry (actor_id) WHERE actor_id IS NOT NULL;
CREATE INDEX event_entry_by_time ON event_entry USING brin (occurred_at);
CREATE INDEX event_entry_by_correlation ON event_entry (correlation_id);

CREATE TABLE event_entry_0 PARTITION OF event_entry FOR VALUES FROM (0) TO (1000000);
CREATE TABLE event_entry_1 PARTITION OF event_entry FOR VALUES FROM (1000000) TO (2000000);

CREATE FUNCTION events_are_written_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'events are written once'; END $$;
CREATE TRIGGER event_entry_is_written_once BEFORE UPDATE OR DELETE ON event_entry FOR EACH ROW EXECUTE FUNCTION events_are_written_once();

CREATE TABLE event_position (
  position BIGINT PRIMARY KEY,
  entry_id BIGINT NOT NULL UNIQUE
);

CREATE VIEW event_log AS
  SELECT p.position, e.event_id AS id, e.event_type, e.event_version, e.aggregate_type, e.aggregate_id, e.aggregate_seq,
    e.workspace_id, e.actor_id, e.correlation_id, e.causation_id, e.trace, e.metadata, e.data, e.occurred_at, e.inserted_at
  FROM event_position p JOIN event_entry e ON e.id = p.entry_id;

CREATE TABLE sequencer (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  last BIGINT NOT NULL,
  seen PG_SNAPSHOT NOT NULL,
  numbered_below BIGINT NOT NULL,
  system_identifier BIGINT NOT NULL,
  timeline TEXT NOT NULL,
  owner TEXT,
  epoch BIGINT NOT NULL,
  lease_until BIGINT NOT NULL
);
INSERT INTO sequencer (one, last, seen, numbered_below, system_identifier, timeline, epoch, lease_until)
  SELECT 1, 0, pg_current_snapshot(), 0, system_identifier, substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8), 0, 0 FROM pg_control_system();

CREATE TABLE aggregate (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  workspace_id TEXT,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (kind, id)
);

CREATE TABLE subject_key (
  subject_id TEXT PRIMARY KEY,
  key BYTEA NOT NULL
);

CREATE TABLE subscription (
  name TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  version BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  start_position BIGINT NOT NULL,
  position BIGINT NOT NULL,
  owner TEXT,
  epoch BIGINT NOT NULL,
  status TEXT NOT NULL,
  last_error TEXT,
  acts BIGINT NOT NULL DEFAULT 0,
  rebuild_wanted BOOLEAN NOT NULL DEFAULT FALSE,
  rebuild_version BIGINT,
  rebuild_generation BIGINT,
  rebuild_position BIGINT,
  updated_at TEXT NOT NULL
);

CREATE TABLE parked_event (
  subscription TEXT NOT NULL,
  position BIGINT NOT NULL,
  event_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  event_key TEXT NOT NULL,
  status TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  due_at TEXT,
  error TEXT,
  first_failed_at TEXT,
  last_failed_at TEXT,
  PRIMARY KEY (subscription, position)
);
CREATE INDEX parked_event_dead ON parked_event (subscription) WHERE status = 'dead';

CREATE TABLE operator_act (
  id TEXT PRIMARY KEY,
  subscription TEXT NOT NULL,
  act TEXT NOT NULL,
  position BIGINT,
  event_id TEXT,
  actor TEXT NOT NULL,
  reason TEXT,
  done_at TEXT NOT NULL
);
CREATE INDEX operator_act_by_subscription ON operator_act (subscription, act, position);

CREATE TABLE effect (
  subscription TEXT NOT NULL,
  event_id TEXT NOT NULL,
  name TEXT NOT NULL,
  intended_at TEXT NOT NULL,
  done_at TEXT,
  result TEXT,
  PRIMARY KEY (subscription, event_id, name)
);

CREATE TABLE process_state (
  name TEXT NOT NULL,
  key TEXT NOT NULL,
  version BIGINT NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (name, key)
);

CREATE TABLE timer (
  process TEXT NOT NULL,
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  set_id TEXT NOT NULL,
  due_at TEXT NOT NULL,
  payload TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  causation_id TEXT NOT NULL,
  PRIMARY KEY (process, key, name)
);
CREATE INDEX timer_due ON timer (process, due_at);
