/** Whether the rows can prove anything: enough of them, none that the model was made from, no future in their vectors. */
import { bootstrapByCluster } from '../evaluation/bootstrap.ts';
import { rankBy } from '../evaluation/ranking.ts';
import type { Column } from '../evaluation/rows.ts';
import { LARGEST_PLAUSIBLE_AUC, LARGEST_SINGLE_FEATURE_SHARE, LEAST_OF_EACH_CLASS } from './bounds.ts';
import type { Candidate, Evidence, Rows } from './evidence.ts';
import { type Finding, finding, notAsked, said } from './finding.ts';

/** Enough of each class, labels of what the model speaks of, and not the rows that it learned. */
export function evidenceGate({ trainedOn, horizonDays }: Candidate, rows: Rows): Finding {
  const { labels, sha256 } = rows;
  const positives = countOf(labels, 1);
  const least = Math.min(positives, labels.length - positives);
  const known = trainedOn.includes(sha256);
  const same = rows.horizonDays === horizonDays;
  const text = [
    `${labels.length} rows, ${positives} of them missed`,
    known ? 'the candidate was made from this very table' : 'the table is not among those it was made from',
    same ? `${horizonDays} days ahead` : `labels of ${rows.horizonDays ?? 'unknown'} days, a model of ${horizonDays}`,
  ].join('; ');
  const bound = `${LEAST_OF_EACH_CLASS} rows of each class, of the model's horizon, from another table than the training's`;
  return finding('evidence', least >= LEAST_OF_EACH_CLASS && !known && same, least, bound, text);
}

/** The table's own check: with everything later than t removed, no vector changes. */
export function leakCheckGate({ leakCheckPassed }: Rows): Finding {
  const text = {
    true: 'vectors recomputed without later data are the same',
    false: 'vectors recomputed without later data are others: they see the future',
    null: "the table's facts say nothing of a leak check",
  }[`${leakCheckPassed}`];
  return finding('leak_check', leakCheckPassed === true, null, 'passed, as the table beside its hash says', text);
}

/** No one ranks better than who knows the hidden state: the AUC is not above the oracle's beyond chance. */
export function implausibleAucGate({ probabilities }: Candidate, { rows, samples, seed }: Evidence): Finding {
  const { labels, oracle, pick } = knownRows(rows);
  if (oracle === null) {
    const auc = rankBy(probabilities, labels).auc();
    const text = `AUC ${said(auc)}, and the table knows no oracle to hold it against`;
    return finding('implausible_auc', auc <= LARGEST_PLAUSIBLE_AUC, auc, `AUC at most ${LARGEST_PLAUSIBLE_AUC}`, text);
  }
  const [candidate, known] = [rankBy(pick(probabilities), labels), rankBy(oracle, labels)];
  const statistic = (weights: Column) => candidate.auc(weights) - known.auc(weights);
  const { lo, hi } = bootstrapByCluster({ clusters: pick(rows.customers), samples, seed, statistic });
  const text = `AUC ${said(candidate.auc())}, the oracle's ${said(known.auc())}: difference in ${said(lo)} to ${said(hi)}`;
  return finding('implausible_auc', lo <= 0, lo, "lower 95 % bound of the AUC above the oracle's at most 0", text);
}

/** One input alone carries at most half of what can be known. Whether a value is known counts as knowledge too. */
export function singleFeatureGate(rows: Rows): Finding {
  const bound = `at most ${LARGEST_SINGLE_FEATURE_SHARE} of the oracle's lift`;
  const { labels, oracle, pick } = knownRows(rows);
  if (oracle === null) return notAsked('single_feature', bound, 'the table knows no oracle to hold features against');
  const lift = rankBy(oracle, labels).auc() - 0.5;
  let [best, name] = [0, 'none'];
  for (const [feature, column] of rows.features) {
    const own = liftAlone(pick(column), labels);
    if (own > best) [best, name] = [own, feature];
  }
  const share = best / lift;
  const text = `${name} alone has the AUC ${said(0.5 + best)}, the oracle ${said(0.5 + lift)}`;
  return finding('single_feature', share <= LARGEST_SINGLE_FEATURE_SHARE, share, bound, text);
}

/** The rows whose oracle is known; all rows, and no oracle, where none is. */
function knownRows({ labels, oracle }: Rows) {
  const places =
    oracle === null ? [] : Array.from(oracle, (_, row) => row).filter((row) => !Number.isNaN(oracle[row]!));
  const pick = <T>(column: ArrayLike<T>): readonly T[] => places.map((row) => column[row]!);
  if (oracle === null || places.length === 0) return { labels, oracle: null, pick } as const;
  return { labels: pick(labels), oracle: pick(oracle), pick } as const;
}

/** |AUC - 0.5| of one column, in either direction, what is unknown below all or above all. */
function liftAlone(column: Column, labels: Column): number {
  const values = Float64Array.from(column);
  const placed = (unknown: number) => values.map((value) => (Number.isNaN(value) ? unknown : value));
  const ends = values.some(Number.isNaN) ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] : [0];
  return Math.max(...ends.map((end) => Math.abs(rankBy(placed(end), labels).auc() - 0.5)));
}

function countOf(labels: Column, label: number): number {
  let count = 0;
  for (let row = 0; row < labels.length; row++) if (labels[row] === label) count++;
  return count;
}
