CREATE TABLE relay_state (
  name TEXT PRIMARY KEY,
  lap BIGINT NOT NULL,
  sent BIGINT,
  acknowledged BIGINT NOT NULL
);

CREATE TABLE inbox_event (
  subscription TEXT NOT NULL,
  event_id TEXT NOT NULL,
  source TEXT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (subscription, event_id)
);
CREATE INDEX inbox_event_by_position ON inbox_event (subscription, source, position);

CREATE TABLE inbox_loss (
  subscription TEXT NOT NULL,
  first_position BIGINT NOT NULL,
  last_position BIGINT NOT NULL,
  PRIMARY KEY (subscription, first_position, last_position)
);
