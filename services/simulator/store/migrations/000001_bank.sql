-- What banks tell (banks, customers, profiles, transactions), what is hidden from the engine (truth_*), and how far each stream
-- has been sent. Several banks can stand side by side.

CREATE TABLE bank.banks (
  bank_id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('berka', 'synthetic')),
  -- Of a synthetic bank: what it was made from.
  seed bigint,
  months int,
  parameters_sha256 text,
  parameters jsonb,
  -- Of an imported bank: sha256 of the files read, by name.
  sources jsonb,
  currency char(3) NOT NULL,
  customers int NOT NULL,
  profiles int NOT NULL,
  transactions bigint NOT NULL,
  -- Lines that could not be read, left out on request.
  skipped_lines int NOT NULL DEFAULT 0,
  first_booking_time timestamptz,
  last_booking_time timestamptz,
  -- The data are complete up to here, exclusive.
  data_end_time timestamptz NOT NULL,
  import_time timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE bank.customers (
  bank_id text NOT NULL REFERENCES bank.banks ON DELETE CASCADE,
  customer_id text NOT NULL,
  PRIMARY KEY (bank_id, customer_id)
);

-- Every version, never overwritten. `sequence` is the order of effective time; a profile goes out before the transaction
-- `before_sequence`, the first that was booked at or after its effective time.
CREATE TABLE bank.profiles (
  bank_id text NOT NULL REFERENCES bank.banks ON DELETE CASCADE,
  sequence bigint NOT NULL,
  before_sequence bigint NOT NULL,
  customer_id text NOT NULL,
  version bigint NOT NULL CHECK (version > 0),
  effective_time timestamptz NOT NULL,
  time_zone text,
  consents jsonb NOT NULL,
  obligations jsonb NOT NULL,
  obligations_declared boolean NOT NULL,
  salary_day_of_month smallint CHECK (salary_day_of_month BETWEEN 1 AND 31),
  standing text NOT NULL CHECK (standing IN ('open', 'closed', 'forborne')),
  PRIMARY KEY (bank_id, sequence),
  UNIQUE (bank_id, customer_id, version)
);
CREATE INDEX profiles_before_sequence ON bank.profiles (bank_id, before_sequence);

-- `sequence` from 0, without gaps, is the order in which the bank would send: booking order across customers.
CREATE TABLE bank.transactions (
  bank_id text NOT NULL,
  sequence bigint NOT NULL,
  customer_id text NOT NULL,
  transaction_id text NOT NULL,
  account_id text NOT NULL,
  occurred_time timestamptz NOT NULL,
  booking_time timestamptz NOT NULL,
  utc_offset_minutes smallint NOT NULL,
  time_precision text NOT NULL CHECK (time_precision IN ('day', 'second')),
  direction text NOT NULL CHECK (direction IN ('credit', 'debit')),
  status text NOT NULL CHECK (status IN ('settled', 'failed')),
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  balance_after_minor bigint,
  channel text NOT NULL,
  category text NOT NULL,
  merchant_id text,
  counterparty_id text,
  obligation_id text,
  reverses_transaction_id text,
  own_transfer boolean NOT NULL,
  -- Bit set: 1 failures, 2 merchant, 4 spending category, 8 bill category, 16 overdraft charges, 32 channel.
  declares smallint NOT NULL,
  PRIMARY KEY (bank_id, sequence)
);
CREATE UNIQUE INDEX transactions_customer ON bank.transactions (bank_id, customer_id, sequence);
CREATE INDEX transactions_booking_time ON bank.transactions (bank_id, booking_time, sequence);

-- How far a stream of a bank has been acknowledged. Moved only after the acknowledgement: a crash before that resends, and the
-- engine refuses the repeats by their ids (I2).
CREATE TABLE bank.streams (
  bank_id text NOT NULL REFERENCES bank.banks ON DELETE CASCADE,
  stream text NOT NULL,
  mode text NOT NULL CHECK (mode IN ('replay', 'live')),
  first_sequence bigint NOT NULL,
  -- Transactions from first_sequence to here, exclusive, are acknowledged.
  next_sequence bigint NOT NULL,
  -- The stream ends here, exclusive.
  end_sequence bigint NOT NULL,
  -- Profiles before this position, exclusive, are acknowledged.
  next_profile_sequence bigint NOT NULL,
  -- Log records acknowledged, resends of one process not included.
  transactions_acknowledged bigint NOT NULL DEFAULT 0,
  profiles_acknowledged bigint NOT NULL DEFAULT 0,
  runs int NOT NULL DEFAULT 0,
  update_time timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (bank_id, stream)
);

-- Hidden from the engine; only evaluation reads it, as the schema's owner. The run-time role may write it and not read it.
CREATE TABLE bank.truth_customers (
  bank_id text NOT NULL REFERENCES bank.banks ON DELETE CASCADE,
  customer_id text NOT NULL,
  -- Index of the customer in the generator, so that the oracle can follow their streams.
  generator_index int NOT NULL,
  traits jsonb NOT NULL,
  PRIMARY KEY (bank_id, customer_id)
);

CREATE TABLE bank.truth_months (
  bank_id text NOT NULL REFERENCES bank.banks ON DELETE CASCADE,
  customer_id text NOT NULL,
  -- The state is that of the end of this day.
  day date NOT NULL,
  stress double precision NOT NULL,
  events jsonb NOT NULL,
  PRIMARY KEY (bank_id, customer_id, day)
);

CREATE TABLE bank.truth_events (
  bank_id text NOT NULL REFERENCES bank.banks ON DELETE CASCADE,
  customer_id text NOT NULL,
  ordinal int NOT NULL,
  kind text NOT NULL,
  day date NOT NULL,
  severity double precision NOT NULL,
  PRIMARY KEY (bank_id, customer_id, ordinal, kind)
);

CREATE TABLE bank.truth_dues (
  bank_id text NOT NULL REFERENCES bank.banks ON DELETE CASCADE,
  customer_id text NOT NULL,
  obligation_id text NOT NULL,
  kind text NOT NULL,
  due_date date NOT NULL,
  paid_date date,
  cause text CHECK (cause IN ('stress', 'forgetfulness')),
  PRIMARY KEY (bank_id, customer_id, obligation_id, due_date)
);

-- Of an imported bank: how loans ended.
CREATE TABLE bank.truth_loans (
  bank_id text NOT NULL REFERENCES bank.banks ON DELETE CASCADE,
  loan_id text NOT NULL,
  customer_id text NOT NULL,
  grant_date date NOT NULL,
  amount_minor bigint NOT NULL,
  duration_months int NOT NULL,
  payment_minor bigint NOT NULL,
  status text NOT NULL CHECK (status IN ('A', 'B', 'C', 'D')),
  PRIMARY KEY (bank_id, loan_id)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON bank.banks TO pde_simulator;
GRANT SELECT, INSERT, DELETE ON bank.customers, bank.profiles, bank.transactions TO pde_simulator;
GRANT SELECT, INSERT, UPDATE, DELETE ON bank.streams TO pde_simulator;
GRANT INSERT ON bank.truth_customers, bank.truth_months, bank.truth_events, bank.truth_dues, bank.truth_loans TO pde_simulator;
