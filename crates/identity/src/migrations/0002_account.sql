ALTER TABLE user_token ADD COLUMN begun_at TEXT;
ALTER TABLE user_token ADD COLUMN user_agent TEXT;
ALTER TABLE user_token ADD COLUMN expires_at TEXT;
