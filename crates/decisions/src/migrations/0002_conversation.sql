CREATE TABLE conversation (
  id TEXT PRIMARY KEY,
  component_id TEXT NOT NULL UNIQUE,
  cycle_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  component_type TEXT NOT NULL,
  started_at TEXT
);
CREATE INDEX conversation_by_cycle ON conversation (cycle_id);

CREATE TABLE conversation_message (
  id TEXT PRIMARY KEY,
  conversation_id TEXT NOT NULL,
  number BIGINT NOT NULL,
  role TEXT NOT NULL,
  content TEXT NOT NULL,
  author_id TEXT,
  imported_author TEXT,
  reply_to TEXT,
  created_at TEXT NOT NULL,
  superseded BOOLEAN NOT NULL DEFAULT FALSE,
  incomplete BOOLEAN NOT NULL DEFAULT FALSE,
  tokens BIGINT NOT NULL DEFAULT 0,
  UNIQUE (conversation_id, number)
);
CREATE UNIQUE INDEX conversation_message_has_one_reply ON conversation_message (reply_to) WHERE superseded = FALSE AND reply_to IS NOT NULL;

CREATE TABLE tool_invocation (
  id TEXT PRIMARY KEY,
  cycle_id TEXT NOT NULL,
  component_id TEXT,
  component_type TEXT,
  tool TEXT NOT NULL,
  parameters TEXT NOT NULL,
  result TEXT NOT NULL,
  result_data TEXT NOT NULL,
  conversation_turn BIGINT NOT NULL,
  triggered_by TEXT NOT NULL,
  actor_id TEXT,
  started_at TEXT NOT NULL,
  ended_at TEXT NOT NULL,
  duration_micros BIGINT NOT NULL
);
CREATE INDEX tool_invocation_by_cycle ON tool_invocation (cycle_id, started_at);

CREATE TABLE revisit_suggestion (
  id TEXT PRIMARY KEY,
  cycle_id TEXT NOT NULL,
  target TEXT NOT NULL,
  reason TEXT NOT NULL,
  triggered_by TEXT NOT NULL,
  priority TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at TEXT NOT NULL,
  resolved_at TEXT,
  resolved_by TEXT,
  resolution TEXT
);
CREATE INDEX revisit_suggestion_by_cycle ON revisit_suggestion (cycle_id, created_at);

CREATE TABLE confirmation_request (
  id TEXT PRIMARY KEY,
  cycle_id TEXT NOT NULL,
  component_type TEXT,
  summary TEXT NOT NULL,
  options TEXT NOT NULL,
  default_option TEXT,
  choice TEXT,
  status TEXT NOT NULL,
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  resolved_at TEXT,
  resolved_by TEXT
);
CREATE INDEX confirmation_request_by_cycle ON confirmation_request (cycle_id, created_at);

CREATE TABLE flagged_uncertainty (
  id TEXT PRIMARY KEY,
  cycle_id TEXT NOT NULL,
  component_type TEXT NOT NULL,
  description TEXT NOT NULL,
  resolvable BOOLEAN NOT NULL,
  impact TEXT,
  status TEXT NOT NULL,
  resolution TEXT,
  created_at TEXT NOT NULL,
  resolved_at TEXT
);
CREATE INDEX flagged_uncertainty_by_cycle ON flagged_uncertainty (cycle_id, created_at);
