CREATE TABLE api_key (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  prefix TEXT NOT NULL,
  hashed_token TEXT NOT NULL UNIQUE,
  workspaces TEXT NOT NULL,
  scopes TEXT NOT NULL,
  is_active BOOLEAN NOT NULL,
  last_used_at TEXT,
  expires_at TEXT,
  created_at TEXT NOT NULL
);
CREATE INDEX api_key_by_user ON api_key (user_id, created_at);
