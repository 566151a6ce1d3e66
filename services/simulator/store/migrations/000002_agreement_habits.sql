-- What an oracle needs beside traits and state: how each agreement is paid, and the times in which one was not.
ALTER TABLE bank.truth_customers
  ADD COLUMN habits jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN withholdings jsonb NOT NULL DEFAULT '[]';
