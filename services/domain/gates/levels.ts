/** How many rows would be at another level: what a new model, or a new action point with it, changes for people (DESIGN section 5). */
import type { Column } from '../evaluation/rows.ts';
import { riskLevel, riskRank, riskScore } from '../scoring/risk.ts';

/** Probabilities with the action point that levels are taken by. */
export interface Levelled {
  readonly probabilities: Column;
  /** p_H of the scoring policy. */
  readonly actionProbability: number;
}

export interface LevelChanges {
  /** Rows that the candidate puts at a higher, and at a lower level than the champion. */
  readonly raised: number;
  readonly lowered: number;
}

/** Compares levels row by row; both columns are of the same rows. */
export function levelChanges(candidate: Levelled, champion: Levelled): LevelChanges {
  let [raised, lowered] = [0, 0];
  for (let row = 0; row < candidate.probabilities.length; row++) {
    const step = rankOf(candidate, row) - rankOf(champion, row);
    if (step > 0) raised++;
    else if (step < 0) lowered++;
  }
  return { raised, lowered };
}

function rankOf({ probabilities, actionProbability }: Levelled, row: number): number {
  return riskRank(riskLevel(riskScore(probabilities[row]!, actionProbability)));
}
