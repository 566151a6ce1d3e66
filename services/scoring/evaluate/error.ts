/** What a caller or the rows got wrong, in words for a person. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
  /** The flags are wrong, not what they name. */
  readonly isUsage: boolean;
  constructor(message: string, { isUsage = false, ...options }: ErrorOptions & { readonly isUsage?: boolean } = {}) {
    super(message, options);
    this.isUsage = isUsage;
  }
}
