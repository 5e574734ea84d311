CREATE TABLE audit_entry (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  occurred_at TEXT NOT NULL,
  actor_id TEXT,
  system_actor TEXT,
  workspace_id TEXT,
  session_id TEXT,
  cycle_id TEXT,
  thing_id TEXT,
  thing_seq BIGINT,
  person_id TEXT,
  old_value TEXT,
  new_value TEXT,
  detail TEXT,
  times BIGINT NOT NULL,
  correlation_id TEXT,
  api_key_id TEXT,
  address_hash TEXT,
  keep_until TEXT NOT NULL
);
CREATE INDEX audit_entry_by_workspace ON audit_entry (workspace_id, occurred_at, id);
CREATE INDEX audit_entry_by_time ON audit_entry (occurred_at, id);
CREATE INDEX audit_entry_by_thing ON audit_entry (thing_id, thing_seq);
CREATE INDEX audit_entry_by_cycle ON audit_entry (cycle_id);
CREATE INDEX audit_entry_by_end ON audit_entry (keep_until);

CREATE TABLE audit_session (
  session_id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL
);

CREATE TRIGGER audit_entry_is_never_changed BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit entries are written once'); END;
CREATE TRIGGER audit_entry_is_kept BEFORE DELETE ON audit_entry WHEN OLD.keep_until > strftime('%Y-%m-%dT%H:%M:%f000Z', 'now') BEGIN SELECT RAISE(ABORT, 'audit entries are kept until their time'); END;
