-- The tables as Redshift holds them. It has no keys that it enforces, and so the same event may stand there twice.
DROP SCHEMA IF EXISTS web CASCADE;
CREATE SCHEMA web;
CREATE TABLE web.behaviour_events (
  user_id VARCHAR(32),
  session_id VARCHAR(32),
  event VARCHAR(64),
  "timestamp" TIMESTAMP,
  platform VARCHAR(16),
  acquisition_channel VARCHAR(32),
  user_cohort VARCHAR(7),
  user_lifecycle VARCHAR(16)
);
