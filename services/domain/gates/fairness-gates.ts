/**
 * Whether people of one group are judged as those of another are, by attributes that no model sees. Two questions, for a bank that
 * offers help: is the risk of a group as large as it is told to be (calibration within groups), and is someone who will miss a
 * payment seen as often in one group as in another (equality of opportunity)? Both can be had at once only roughly where base
 * rates differ (Chouldechova, 2017), hence bounds and not equality.
 */
import { observedOverExpected } from '../evaluation/probabilities.ts';
import { GROUP_CALIBRATION_RANGE, LARGEST_OPPORTUNITY_DIFFERENCE, LEAST_POSITIVES_OF_GROUP } from './bounds.ts';
import type { Attribute, Candidate, Rows } from './evidence.ts';
import { type Finding, finding, said } from './finding.ts';

/** One group of an attribute, with enough positives to be judged. */
export interface GroupResult {
  readonly attribute: string;
  readonly group: string;
  readonly positives: number;
  /** Observed over expected of the group, over that of all rows. */
  readonly calibration: number;
  /** Share of the group's positives at or above the action point. */
  readonly opportunity: number;
}

/** Both fairness gates. They fail where no attribute has two groups with enough positives: what is not shown is not assumed. */
export function fairnessGates(candidate: Candidate, rows: Rows): readonly Finding[] {
  const judged = rows.attributes.map((attribute) => resultsOf(attribute, candidate, rows));
  const comparable = judged.filter((groups) => groups.length >= 2);
  const thin = thinGroups(rows, judged);
  return [calibrationWithin(comparable, thin), opportunityAcross(comparable, thin)];
}

const [LEAST, MOST] = GROUP_CALIBRATION_RANGE;
const NOT_SHOWN = `no attribute has two groups of ${LEAST_POSITIVES_OF_GROUP} positives: fairness is not shown`;

function calibrationWithin(attributes: readonly (readonly GroupResult[])[], thin: string): Finding {
  const bound = `each group's observed/expected within ${LEAST} to ${MOST} times that of all`;
  const worst = attributes.flat().sort((a, b) => distance(b.calibration) - distance(a.calibration))[0];
  if (worst === undefined) return finding('fairness_calibration', false, null, bound, NOT_SHOWN + thin);
  const { attribute, group, calibration, positives } = worst;
  const holds = calibration >= LEAST && calibration <= MOST;
  const text = `furthest is ${attribute} ${group}: ${said(calibration)} times, ${positives} positives${thin}`;
  return finding('fairness_calibration', holds, calibration, bound, text);
}

function opportunityAcross(attributes: readonly (readonly GroupResult[])[], thin: string): Finding {
  const bound = `groups' shares of misses that are seen differ by at most ${LARGEST_OPPORTUNITY_DIFFERENCE}`;
  const spreads = attributes.map((groups) => {
    const rising = groups.toSorted((a, b) => a.opportunity - b.opportunity);
    const [low, high] = [rising[0]!, rising.at(-1)!];
    return { low, high, difference: high.opportunity - low.opportunity };
  });
  const worst = spreads.sort((a, b) => b.difference - a.difference)[0];
  if (worst === undefined) return finding('fairness_opportunity', false, null, bound, NOT_SHOWN + thin);
  const { low, high, difference } = worst;
  const text = `${low.attribute}: ${said(low.opportunity)} seen of ${low.group}, ${said(high.opportunity)} of ${high.group}${thin}`;
  return finding('fairness_opportunity', difference <= LARGEST_OPPORTUNITY_DIFFERENCE, difference, bound, text);
}

/** How far a ratio is from 1, the same for x and 1/x; beyond all where it is no ratio. */
function distance(ratio: number): number {
  return ratio > 0 ? Math.abs(Math.log(ratio)) : Number.POSITIVE_INFINITY;
}

function resultsOf(attribute: Attribute, candidate: Candidate, rows: Rows): GroupResult[] {
  const { labels } = rows;
  const { probabilities, actionProbability } = candidate;
  const overall = observedOverExpected(probabilities, labels);
  return groupsOf(attribute).flatMap(([group, members]) => {
    const own = members.map((row) => probabilities[row]!);
    const missed = members.filter((row) => labels[row] === 1);
    if (missed.length < LEAST_POSITIVES_OF_GROUP) return [];
    const seen = missed.filter((row) => probabilities[row]! >= actionProbability);
    const ratio = observedOverExpected(
      own,
      members.map((row) => labels[row]!),
    );
    const result = { calibration: ratio / overall, opportunity: seen.length / missed.length };
    return [{ attribute: attribute.name, group, positives: missed.length, ...result }];
  });
}

/** Rows of each group, groups by name. */
function groupsOf({ groups }: Attribute): [string, number[]][] {
  const members = new Map<string, number[]>();
  for (let row = 0; row < groups.length; row++) {
    const group = groups[row]!;
    const known = members.get(group);
    if (known === undefined) members.set(group, [row]);
    else known.push(row);
  }
  return [...members].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Which groups are left out, in words; empty where none is. */
function thinGroups({ attributes }: Rows, judged: readonly (readonly GroupResult[])[]): string {
  const thin = attributes.flatMap((attribute, i) => {
    const kept = new Set(judged[i]!.map(({ group }) => group));
    return groupsOf(attribute).flatMap(([group]) => (kept.has(group) ? [] : [`${attribute.name} ${group}`]));
  });
  return thin.length === 0 ? '' : `; under ${LEAST_POSITIVES_OF_GROUP} positives, not judged: ${thin.join(', ')}`;
}
