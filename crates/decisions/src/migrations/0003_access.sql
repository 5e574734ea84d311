CREATE INDEX decision_session_by_workspace ON decision_session (workspace_id, updated_at);

CREATE TABLE share_link (
  id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  scope TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  revoked_at TEXT,
  last_used_at TEXT
);
CREATE INDEX share_link_by_session ON share_link (session_id, created_at);

CREATE TABLE share_pass (
  token_hash TEXT PRIMARY KEY,
  share_link_id TEXT NOT NULL,
  expires_at TEXT NOT NULL
);
CREATE INDEX share_pass_by_expiry ON share_pass (expires_at);
