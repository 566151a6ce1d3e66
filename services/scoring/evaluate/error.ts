import { TableError } from '../../platform/table/column.ts';

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

/** Does some work on tables; what is wrong with one is a fault of the evaluation, said in the same words. */
export async function asEvaluationError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof TableError ? new EvaluationError(cause.message, { cause }) : cause;
  }
}
