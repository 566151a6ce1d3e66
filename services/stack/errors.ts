/** A problem that the person at the keyboard can mend: its message is one line, says what is wrong and what to do. */
export class StackError extends Error {
  override readonly name = 'StackError';
}
