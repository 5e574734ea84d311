CREATE TABLE decision_session (
  id TEXT PRIMARY KEY,
  owner_id TEXT NOT NULL,
  workspace_id TEXT,
  project_id TEXT,
  visibility TEXT NOT NULL,
  title TEXT NOT NULL,
  description TEXT,
  status TEXT NOT NULL,
  dq_score BIGINT,
  dq_position BIGINT NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);
CREATE INDEX decision_session_by_owner ON decision_session (owner_id, updated_at);

CREATE TABLE session_change (
  session_id TEXT NOT NULL,
  number BIGINT NOT NULL,
  kind TEXT NOT NULL,
  title TEXT,
  description TEXT,
  actor_id TEXT,
  imported_author TEXT,
  at TEXT NOT NULL,
  PRIMARY KEY (session_id, number)
);

CREATE TABLE decision_session_cycle (
  session_id TEXT NOT NULL,
  cycle_id TEXT NOT NULL,
  number BIGINT NOT NULL,
  is_completed BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (session_id, cycle_id)
);

CREATE TABLE decision_outcome (
  id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL,
  cycle_id TEXT NOT NULL,
  recorded_by TEXT NOT NULL,
  imported_author TEXT,
  chosen_alternative_id TEXT,
  satisfaction TEXT NOT NULL,
  actual_consequences TEXT,
  surprises TEXT,
  would_decide_same BOOLEAN NOT NULL,
  recorded_at TEXT NOT NULL
);
CREATE INDEX decision_outcome_by_session ON decision_outcome (session_id, recorded_at);

CREATE TABLE decision_cycle (
  id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL,
  parent_cycle_id TEXT,
  status TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);
CREATE INDEX decision_cycle_by_session ON decision_cycle (session_id, created_at);

CREATE TABLE decision_component (
  id TEXT PRIMARY KEY,
  cycle_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  component_type TEXT NOT NULL,
  UNIQUE (cycle_id, component_type)
);

CREATE TABLE component_output (
  cycle_id TEXT NOT NULL,
  component_type TEXT NOT NULL,
  version BIGINT NOT NULL,
  output TEXT NOT NULL,
  input_versions TEXT NOT NULL,
  PRIMARY KEY (cycle_id, component_type, version)
);

CREATE TABLE cycle_change (
  cycle_id TEXT NOT NULL,
  number BIGINT NOT NULL,
  kind TEXT NOT NULL,
  component_type TEXT,
  component_version BIGINT,
  component_status TEXT,
  source TEXT,
  reason TEXT,
  actor_id TEXT,
  imported_author TEXT,
  at TEXT NOT NULL,
  document_version BIGINT NOT NULL,
  PRIMARY KEY (cycle_id, number)
);

CREATE TABLE conversation_draft (
  component_id TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  component_type TEXT NOT NULL,
  base_version BIGINT NOT NULL,
  items TEXT NOT NULL,
  updated_at TEXT NOT NULL
);
