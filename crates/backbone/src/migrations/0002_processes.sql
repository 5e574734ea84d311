ALTER TABLE subscription ADD COLUMN owner_id TEXT;
ALTER TABLE subscription ADD COLUMN lease_until BIGINT;
ALTER TABLE subscription ADD COLUMN lease_length BIGINT;
ALTER TABLE subscription ADD COLUMN lanes BIGINT NOT NULL DEFAULT 1;

CREATE TABLE live_process (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  runs TEXT NOT NULL,
  alive_until BIGINT NOT NULL
);

CREATE TABLE finished_event (
  subscription TEXT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (subscription, position)
);
