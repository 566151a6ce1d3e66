-- What was decided. Rows of decisions, offers and outcomes are written once and never changed (I5, I9): where an intervention
-- stands is computed from them (000003). Everything personal in a decision is in the one column `personal`, as text whose bytes
-- never change, so that it can be encrypted under the customer's key.

CREATE TABLE interventions.decisions (
  -- UUIDv5 of the prediction's id.
  decision_id uuid PRIMARY KEY,
  -- A prediction yields at most one decision (I2).
  prediction_id uuid NOT NULL UNIQUE,
  customer_id text COLLATE "C" NOT NULL,
  -- Rises with every decision of a customer.
  decision_number bigint GENERATED ALWAYS AS IDENTITY,
  mode text NOT NULL CHECK (mode IN ('live', 'replay')),
  observation_time timestamptz NOT NULL,
  -- The `now` of the decision: append time live, t in a replay, never before the customer's previous one.
  decided_time timestamptz NOT NULL,
  risk_level text NOT NULL CHECK (risk_level IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
  eligibility text NOT NULL,
  model_version text NOT NULL,
  policy_version text NOT NULL,
  -- The version of the profile that was looked at; null: none was looked at, or none was known.
  profile_version bigint,
  -- Why the customer is left alone; null: there is an offer.
  suppression_reason text,
  -- {probability, horizon_days, risk_score, top_features: [{name, value, contribution}], message}; value null: unknown; message
  -- only where there is an offer.
  personal json NOT NULL,
  -- Wall clock; left out where two runs are compared.
  recorded_time timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX decisions_of_customer ON interventions.decisions (customer_id, decision_number);

CREATE TABLE interventions.offers (
  -- UUIDv5 of the decision's id.
  intervention_id uuid PRIMARY KEY,
  decision_id uuid NOT NULL UNIQUE REFERENCES interventions.decisions,
  customer_id text COLLATE "C" NOT NULL,
  -- Place in the outbox to interventions-stream (I5).
  shard smallint NOT NULL,
  position bigint NOT NULL,
  risk_level text NOT NULL CHECK (risk_level IN ('MEDIUM', 'HIGH', 'CRITICAL')),
  intervention_type text NOT NULL,
  channel text NOT NULL CHECK (channel IN ('phone_call', 'sms', 'email')),
  priority smallint NOT NULL,
  decided_time timestamptz NOT NULL,
  -- The first instant at which it is no longer open.
  expire_time timestamptz NOT NULL,
  -- The open offer of a lower level whose place it takes.
  escalates uuid REFERENCES interventions.offers,
  UNIQUE (shard, position),
  UNIQUE (escalates)
);
CREATE INDEX offers_of_customer ON interventions.offers (customer_id, position);

-- What came of an offer, as an officer recorded it, once.
CREATE TABLE interventions.outcomes (
  intervention_id uuid PRIMARY KEY REFERENCES interventions.offers,
  outcome text NOT NULL,
  recorded_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Id of the caller that recorded it.
  recorded_by text NOT NULL
);

-- The outbox to dashboard-updates: a decision above LOW each, or the LOW decisions counted since the report before.
CREATE TABLE interventions.dashboard_rows (
  shard smallint NOT NULL,
  position bigint NOT NULL,
  -- Null: the row counts LOW decisions.
  decision_id uuid REFERENCES interventions.decisions,
  -- The LOW decisions of the shard numbered low_after + 1 to low_until, and the start of the latest second decided at.
  low_after bigint,
  low_until bigint,
  low_time timestamptz,
  PRIMARY KEY (shard, position),
  CHECK ((decision_id IS NULL) = (low_until IS NOT NULL AND low_after IS NOT NULL AND low_time IS NOT NULL))
);

GRANT SELECT, INSERT ON interventions.decisions, interventions.offers, interventions.outcomes, interventions.dashboard_rows
  TO pde_interventions;
