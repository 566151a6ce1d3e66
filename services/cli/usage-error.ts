/** What the caller got wrong, or a program that was started for the caller: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
