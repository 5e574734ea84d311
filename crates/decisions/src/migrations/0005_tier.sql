CREATE TABLE decision_tier (
  user_id TEXT PRIMARY KEY,
  tier TEXT,
  valid_until TEXT,
  seq BIGINT NOT NULL
);

CREATE TABLE decision_default_tier (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  tier TEXT NOT NULL
);

CREATE TABLE decision_quota (
  id TEXT PRIMARY KEY,
  turn BIGINT NOT NULL
);

CREATE TABLE decision_ai_day (
  user_id TEXT NOT NULL,
  day TEXT NOT NULL,
  used BIGINT NOT NULL,
  PRIMARY KEY (user_id, day)
);
