/** Probability in the two forms that people act on: odds relative to the action point, and plain words (DESIGN section 5). */

/** Levels, rising. */
export type RiskLevel = 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL';

/** All levels, rising, with the least risk score of each. */
export const RISK_LEVELS: readonly { readonly level: RiskLevel; readonly minRiskScore: number }[] = [
  { level: 'LOW', minRiskScore: 0 },
  { level: 'MEDIUM', minRiskScore: 0.3 },
  { level: 'HIGH', minRiskScore: 0.5 },
  { level: 'CRITICAL', minRiskScore: 0.7 },
];

/**
 * o / (o + oH), o the odds of the probability and oH those of the action point; 0.5 exactly where they are equal. Both
 * arguments in (0, 1). Written without the odds themselves, so that it holds up to the ends.
 */
export function riskScore(probability: number, actionProbability: number): number {
  const raised = probability * (1 - actionProbability);
  return raised / (raised + (1 - probability) * actionProbability);
}

/** The inverse: the probability that has this risk score. */
export function probabilityOf(score: number, actionProbability: number): number {
  return riskScore(score, 1 - actionProbability);
}

/** CRITICAL from 0.7, HIGH from 0.5, MEDIUM from 0.3, else LOW. */
export function riskLevel(score: number): RiskLevel {
  let found: RiskLevel = 'LOW';
  for (const { level, minRiskScore } of RISK_LEVELS) if (score >= minRiskScore) found = level;
  return found;
}

/** Rank of a level, 0 for LOW. */
export function riskRank(level: RiskLevel): number {
  return RISK_LEVELS.findIndex((entry) => entry.level === level);
}

/** The probability as people read it; a risk score is never shown as a percentage. */
export function summarise(probability: number): string {
  if (probability < 0.005) return 'fewer than 1 in 100 like this miss a payment';
  if (probability > 0.995) return 'more than 99 in 100 like this miss a payment';
  return `about ${Math.round(probability * 100)} in 100 like this miss a payment`;
}
