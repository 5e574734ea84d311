CREATE TABLE workspace (
  id TEXT PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  description TEXT,
  color TEXT,
  is_archived BOOLEAN NOT NULL,
  purge_after TEXT,
  created_at TEXT NOT NULL
);

CREATE TABLE workspace_member (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  user_id TEXT,
  email TEXT NOT NULL,
  role TEXT NOT NULL,
  status TEXT NOT NULL,
  source TEXT NOT NULL,
  invited_by TEXT,
  invited_at TEXT,
  expires_at TEXT,
  joined_at TEXT,
  token_hash TEXT
);
CREATE UNIQUE INDEX workspace_member_by_address ON workspace_member (workspace_id, email) WHERE status = 'pending';
CREATE UNIQUE INDEX workspace_member_by_person ON workspace_member (workspace_id, user_id) WHERE status = 'accepted';
CREATE INDEX workspace_member_by_user ON workspace_member (user_id, status);
CREATE INDEX workspace_member_by_invitee ON workspace_member (email) WHERE status = 'pending';
CREATE UNIQUE INDEX workspace_member_by_token ON workspace_member (token_hash) WHERE status = 'pending';

ALTER TABLE user_token ADD COLUMN sent_to TEXT;
