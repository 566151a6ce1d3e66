/**
 * The scoring policy: where on the probability scale a customer is worth acting on. It is data with a version, stored with
 * every score, and changes only by a release that reports how many customers change level (DESIGN section 5).
 */
export interface ScoringPolicy {
  readonly version: string;
  /** p_H: the probability at which the risk score is 0.5; in (0, 1). */
  readonly actionProbability: number;
}

/** The scoring policy cannot be used; the message names the field and the bound. */
export class InvalidScoringPolicyError extends Error {
  override readonly name = 'InvalidScoringPolicyError';
}

/** Reads a policy. Throws {@link InvalidScoringPolicyError}. */
export function parseScoringPolicy(document: unknown): ScoringPolicy {
  const { version, actionProbability } = (document ?? {}) as Partial<Record<string, unknown>>;
  if (typeof version !== 'string' || version === '') {
    throw new InvalidScoringPolicyError('scoring policy: version is not a name');
  }
  if (typeof actionProbability !== 'number' || !(actionProbability > 0 && actionProbability < 1)) {
    throw new InvalidScoringPolicyError(
      `scoring policy: actionProbability is ${String(actionProbability)}, not between 0 and 1`,
    );
  }
  return { version, actionProbability };
}
