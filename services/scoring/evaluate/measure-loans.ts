/** The figures of a loan evaluation. Where a class is missing there is no AUC: null, and a reason beside it. */
import { bootstrapByCluster } from '../../domain/evaluation/bootstrap.ts';
import { brier, ece, observedOverExpected } from '../../domain/evaluation/probabilities.ts';
import { rankBy } from '../../domain/evaluation/ranking.ts';
import { type BootstrapSettings, rounded } from './measure.ts';

export interface ScoredLoans {
  readonly accounts: readonly string[];
  /** 1: not repaid, or in debt. */
  readonly labels: Float64Array;
  readonly probabilities: Float64Array;
  readonly neverOverdrawn: readonly boolean[];
}

type Pair = readonly [lo: number, hi: number];

export interface LoanRanking {
  readonly n: number;
  readonly positives: number;
  readonly auc: number | null;
  /** 95 %, accounts resampled. */
  readonly auc_ci: Pair | null;
  readonly pr_auc: number | null;
  /** Why there is no AUC. */
  readonly reason?: string;
}

export interface LoanFigures extends LoanRanking {
  readonly brier: number;
  readonly ece: number;
  readonly observed_expected: number;
  /** Of the loans whose account had no balance below 0 in what was used. */
  readonly never_overdrawn: LoanRanking;
}

/** @param scored at least one loan */
export function measureLoans(scored: ScoredLoans, settings: BootstrapSettings): LoanFigures {
  const { labels, probabilities, neverOverdrawn } = scored;
  const never = [...neverOverdrawn.keys()].filter((row) => neverOverdrawn[row]);
  return {
    ...rankingOf(scored, settings),
    brier: rounded(brier(probabilities, labels)),
    ece: rounded(ece(probabilities, labels)),
    observed_expected: rounded(observedOverExpected(probabilities, labels)),
    never_overdrawn: rankingOf(
      {
        accounts: never.map((row) => scored.accounts[row]!),
        labels: Float64Array.from(never, (row) => labels[row]!),
        probabilities: Float64Array.from(never, (row) => probabilities[row]!),
        neverOverdrawn: never.map(() => true),
      },
      settings,
    ),
  };
}

function rankingOf({ accounts, labels, probabilities }: ScoredLoans, settings: BootstrapSettings): LoanRanking {
  const n = labels.length;
  const positives = labels.reduce((sum, label) => sum + label, 0);
  if (positives === 0 || positives === n) {
    const reason = positives === 0 ? 'no loan ended badly' : 'every loan ended badly';
    return { n, positives, auc: null, auc_ci: null, pr_auc: null, reason: `${reason}: there is nothing to rank` };
  }
  const ranking = rankBy(probabilities, labels);
  const { lo, hi } = bootstrapByCluster({
    clusters: accounts,
    ...settings,
    statistic: (weights) => ranking.auc(weights),
  });
  return {
    n,
    positives,
    auc: rounded(ranking.auc()),
    auc_ci: [rounded(lo), rounded(hi)],
    pr_auc: rounded(ranking.prAuc()),
  };
}
