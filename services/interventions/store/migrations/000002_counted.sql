-- What is counted from decisions, moved in the transaction that appends them. All of it can be rebuilt from decisions. One row
-- per shard, so that two partitions never wait for one another.

-- The latest decision of each customer.
CREATE TABLE interventions.customers (
  customer_id text COLLATE "C" PRIMARY KEY,
  last_decided_time timestamptz NOT NULL,
  latest_risk_level text NOT NULL
) WITH (fillfactor = 80);

-- Decisions by level and result: the intervention's type, or the reason against one.
CREATE TABLE interventions.decision_counts (
  shard smallint NOT NULL,
  risk_level text NOT NULL,
  result text NOT NULL,
  is_intervention boolean NOT NULL,
  decisions bigint NOT NULL,
  latest_decided_time timestamptz NOT NULL,
  PRIMARY KEY (shard, risk_level, result)
) WITH (fillfactor = 50);

-- Customers by the level of their latest decision.
CREATE TABLE interventions.customer_counts (
  shard smallint NOT NULL,
  risk_level text NOT NULL,
  customers bigint NOT NULL,
  PRIMARY KEY (shard, risk_level)
) WITH (fillfactor = 50);

-- How many LOW decisions of each shard have been reported to the dashboard.
CREATE TABLE interventions.low_reports (
  shard smallint PRIMARY KEY,
  -- Before the latest report, and with it.
  reported_before bigint NOT NULL,
  reported bigint NOT NULL,
  latest_time timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON interventions.customers, interventions.decision_counts, interventions.customer_counts,
  interventions.low_reports TO pde_interventions;
