CREATE TABLE notification (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  type TEXT NOT NULL,
  source_event_id TEXT NOT NULL,
  source_position BIGINT NOT NULL,
  person_id TEXT,
  workspace_id TEXT,
  member_id TEXT,
  role TEXT,
  old_role TEXT,
  reason TEXT,
  session_id TEXT,
  cycle_id TEXT,
  is_read BOOLEAN NOT NULL,
  read_at TEXT,
  action TEXT,
  action_taken_at TEXT,
  inserted_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  UNIQUE (user_id, source_event_id, type)
);
CREATE INDEX notification_by_user ON notification (user_id, source_position, id);
CREATE INDEX notification_by_reading ON notification (user_id, is_read);
CREATE INDEX notification_by_type ON notification (type);
CREATE INDEX notification_by_age ON notification (inserted_at);
CREATE INDEX notification_by_read_at ON notification (read_at) WHERE read_at IS NOT NULL;

CREATE TABLE notification_digest_run (
  user_id TEXT NOT NULL,
  period_key TEXT NOT NULL,
  sent_at TEXT NOT NULL,
  PRIMARY KEY (user_id, period_key)
);

CREATE TABLE notification_secret (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  secret BLOB NOT NULL
);
