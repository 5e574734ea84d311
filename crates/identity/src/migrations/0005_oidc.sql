CREATE TABLE oidc_provider (
  id TEXT PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  label TEXT NOT NULL,
  issuer TEXT NOT NULL,
  client_id TEXT NOT NULL,
  client_secret TEXT,
  scopes TEXT NOT NULL,
  group_claim TEXT,
  group_map TEXT NOT NULL,
  may_create_accounts BOOLEAN NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);

CREATE TABLE external_identity (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  email TEXT,
  linked_at TEXT NOT NULL,
  last_login_at TEXT,
  UNIQUE (issuer, subject)
);
CREATE INDEX external_identity_by_user ON external_identity (user_id);

CREATE TABLE oidc_attempt (
  state_hash TEXT PRIMARY KEY,
  provider_id TEXT NOT NULL,
  browser_hash TEXT NOT NULL,
  nonce TEXT NOT NULL,
  verifier TEXT NOT NULL,
  return_to TEXT NOT NULL,
  link_to TEXT,
  expires_at TEXT NOT NULL
);
CREATE INDEX oidc_attempt_by_age ON oidc_attempt (expires_at);
