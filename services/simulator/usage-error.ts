/** What the caller got wrong: told in one line, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What the data or the machine got wrong, already in words for a person: told without a stack, exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
