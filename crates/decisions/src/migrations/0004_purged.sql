CREATE TABLE decision_purged (
  session_id TEXT PRIMARY KEY,
  workspace_id TEXT,
  owner_id TEXT NOT NULL,
  purged_at TEXT NOT NULL
);
CREATE INDEX decision_purged_by_workspace ON decision_purged (workspace_id) WHERE workspace_id IS NOT NULL;
CREATE INDEX decision_purged_by_owner ON decision_purged (owner_id);
