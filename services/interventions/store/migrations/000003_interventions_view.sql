-- The table that outsiders rely on (DESIGN section 5). It is a view, so that its base tables can be append-only: nothing is ever
-- updated to expire or escalate an offer, and so nothing can forget to.
--
-- Status, the first that holds: COMPLETED, an outcome was recorded; ESCALATED, a later offer of a higher level took its place;
-- EXPIRED, its customer's clock has passed its expiry; OPEN. A customer's clock is the `now` of their latest decision, and for
-- what is live never behind the wall clock.
CREATE VIEW interventions.interventions AS
SELECT
  o.intervention_id,
  o.customer_id,
  (d.personal ->> 'risk_score')::float8 AS risk_score,
  o.risk_level,
  o.intervention_type,
  d.personal ->> 'message' AS message,
  o.channel,
  o.priority,
  o.decided_time AS "timestamp",
  CASE
    WHEN r.intervention_id IS NOT NULL THEN 'COMPLETED'
    WHEN e.intervention_id IS NOT NULL THEN 'ESCALATED'
    WHEN o.expire_time <= greatest(c.last_decided_time, CASE d.mode WHEN 'live' THEN clock_timestamp() END) THEN 'EXPIRED'
    ELSE 'OPEN'
  END AS status,
  r.outcome,
  r.recorded_time AS outcome_date,
  o.decision_id,
  d.prediction_id,
  o.expire_time
FROM interventions.offers o
JOIN interventions.decisions d ON d.decision_id = o.decision_id
JOIN interventions.customers c ON c.customer_id = o.customer_id
LEFT JOIN interventions.outcomes r ON r.intervention_id = o.intervention_id
LEFT JOIN interventions.offers e ON e.escalates = o.intervention_id;

GRANT SELECT ON interventions.interventions TO pde_interventions;
