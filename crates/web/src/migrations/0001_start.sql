CREATE TABLE idempotency_key (
  user_id TEXT NOT NULL,
  route TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  status BIGINT NOT NULL,
  content_type TEXT,
  body BLOB NOT NULL,
  stored_at TEXT NOT NULL,
  PRIMARY KEY (user_id, route, key)
);
CREATE INDEX idempotency_key_by_time ON idempotency_key (stored_at);
