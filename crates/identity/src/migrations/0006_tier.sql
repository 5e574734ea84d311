ALTER TABLE user_account ADD COLUMN tier TEXT;
ALTER TABLE user_account ADD COLUMN valid_until TEXT;
