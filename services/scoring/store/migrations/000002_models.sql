-- Models that were in force, and every act that put one there. Both are append-only: the run-time role can insert and read.

CREATE TABLE scoring.models (
  name text NOT NULL,
  version text NOT NULL,
  -- of the manifest, which names every other file by its hash: a version's files never change
  manifest_sha256 bytea NOT NULL CHECK (length(manifest_sha256) = 32),
  onnx_sha256 bytea NOT NULL CHECK (length(onnx_sha256) = 32),
  feature_set_version text NOT NULL,
  registered_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (name, version)
);

-- The champion of a feature set follows from its acts in order: a rollback takes the latest promotion off again.
CREATE TABLE scoring.promotions (
  promotion bigint PRIMARY KEY CHECK (promotion >= 1),
  -- first: what an engine without a record began with
  action text NOT NULL CHECK (action IN ('first', 'promote', 'rollback')),
  name text NOT NULL,
  version text NOT NULL,
  -- who: the API key's holder, or the service itself for the first
  actor text NOT NULL,
  reason text NOT NULL,
  -- JSON as it was sent (pde-gate-report/1): only what was accepted is promoted
  gate_report bytea CHECK ((action = 'promote') = (gate_report IS NOT NULL)),
  gate_report_sha256 bytea CHECK ((gate_report IS NULL) = (gate_report_sha256 IS NULL)),
  promoted_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  FOREIGN KEY (name, version) REFERENCES scoring.models
);
COMMENT ON COLUMN scoring.models.registered_time IS 'wall clock: left out when two runs of a replay are compared';
COMMENT ON COLUMN scoring.promotions.promoted_time IS 'wall clock: left out when two runs of a replay are compared';

GRANT SELECT, INSERT ON scoring.models, scoring.promotions TO pde_scoring;
