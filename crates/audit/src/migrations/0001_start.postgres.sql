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

CREATE FUNCTION audit_entries_are_written_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'audit entries are written once'; END $$;
CREATE FUNCTION audit_entries_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.keep_until > to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') THEN RAISE EXCEPTION 'audit entries are kept until their time'; END IF; RETURN OLD; END $$;
CREATE TRIGGER audit_entry_is_never_changed BEFORE UPDATE ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_entries_are_written_once();
CREATE TRIGGER audit_entry_is_never_emptied BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_are_written_once();
CREATE TRIGGER audit_entry_is_kept BEFORE DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_entries_are_kept();
