-- What a decision was made about: SHA-256 of all that its prediction says, so that another content under the same id is told from a
-- repeat (I2). Null: decided before this was kept; whatever comes under its id counts as a repeat.
ALTER TABLE interventions.decisions ADD COLUMN prediction_sha256 bytea;
