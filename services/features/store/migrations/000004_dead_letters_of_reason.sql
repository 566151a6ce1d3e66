-- Finds the dead letters of one reason, latest first, among any number of others.
create index dead_letters_of_reason on features.dead_letters (reason, position);
