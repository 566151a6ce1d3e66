-- Finds the dead letters of one reason, latest first, among any number of others.
CREATE INDEX dead_letters_of_reason ON interventions.dead_letters (reason, position);
