-- Which request holds the key. A row with status 0 was written by its command's
-- commit; the answer follows.
ALTER TABLE idempotency_key ADD COLUMN turn TEXT;
