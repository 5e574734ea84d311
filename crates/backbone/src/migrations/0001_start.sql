CREATE TABLE log_state (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  instance_id TEXT NOT NULL,
  epoch BIGINT NOT NULL
);

CREATE TABLE event_log (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
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
  UNIQUE (aggregate_type, aggregate_id, aggregate_seq)
);

CREATE INDEX event_log_by_type ON event_log (event_type, position);
CREATE INDEX event_log_by_workspace ON event_log (workspace_id) WHERE workspace_id IS NOT NULL;
CREATE INDEX event_log_by_actor ON event_log (actor_id) WHERE actor_id IS NOT NULL;
CREATE INDEX event_log_by_time ON event_log (occurred_at);
CREATE INDEX event_log_by_correlation ON event_log (correlation_id);

CREATE TRIGGER event_log_is_never_updated BEFORE UPDATE ON event_log BEGIN SELECT RAISE(ABORT, 'events are written once'); END;
CREATE TRIGGER event_log_is_never_deleted BEFORE DELETE ON event_log BEGIN SELECT RAISE(ABORT, 'events are written once'); END;

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
  key BLOB NOT NULL
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
