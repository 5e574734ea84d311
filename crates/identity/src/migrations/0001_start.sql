CREATE TABLE user_account (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  status TEXT NOT NULL,
  instance_role TEXT NOT NULL,
  confirmed_at TEXT,
  last_login_at TEXT,
  registered_at TEXT NOT NULL
);

CREATE TABLE instance_owner (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  user_id TEXT NOT NULL
);

CREATE TABLE user_token (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  context TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  previous_hash TEXT,
  previous_until TEXT,
  csrf_token TEXT NOT NULL,
  remember BOOLEAN NOT NULL,
  authenticated_at TEXT NOT NULL,
  inserted_at TEXT NOT NULL,
  UNIQUE (context, token_hash)
);
CREATE INDEX user_token_by_user ON user_token (user_id);
CREATE INDEX user_token_by_previous ON user_token (previous_hash) WHERE previous_hash IS NOT NULL;
CREATE INDEX user_token_by_age ON user_token (inserted_at);

CREATE TABLE instance_secret (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  secret BLOB NOT NULL
);
