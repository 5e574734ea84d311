CREATE TABLE notification_gone (
  id TEXT PRIMARY KEY
);
