/**
 * Counterfactuals: the smallest change of what a customer can change with which the model itself would have given a lower level. Only
 * levers of the catalogue move, by their steps, within their reach and bound; every candidate is scored by the model, and one is
 * answered only with the score that the model gave it. Where nothing plausible lowers the level, that is the answer.
 *
 * A candidate moves its own features and nothing that would follow from them: a higher balance also ends a drawdown, a payment made up
 * for also lowers lateness. Every lever has a monotone constraint, and where what follows has one too, leaving it out promises too
 * little rather than too much. A counterfactual says what the model would have answered, not what will happen.
 *
 * Effort is the sum of the changes, each as a share of its lever's reach. One change is looked for first: the least of each lever by
 * its steps. Two together only where no single one is enough: pairs of different facts in quarters of their reach, then each of the
 * least within its box step by step.
 */
import type { Lever } from '../features/types.ts';
import type { Assessment } from './assessment.ts';
import { type RiskLevel, riskRank } from './risk.ts';

/** A lever and where its feature stands in the vector. */
export interface PlacedLever extends Lever {
  readonly place: number;
}

export interface Change {
  /** Place in the vector. */
  readonly place: number;
  readonly from: number;
  readonly to: number;
}

export interface Counterfactual {
  /** One or two, of different facts, in the order of the levers. */
  readonly changes: readonly Change[];
  /** Sum over changes of the share of the lever's reach that it takes, above 0. */
  readonly effort: number;
  /** As the model scored the changed vector. */
  readonly assessment: Assessment;
}

export type Counterfactuals =
  | { readonly kind: 'found'; readonly found: readonly Counterfactual[] }
  | { readonly kind: 'none-found' }
  | { readonly kind: 'already-low' };

/** What the model makes of changed vectors, in order; null where it refuses one (I7). */
export type Rescore = (vectors: readonly Float64Array[]) => Promise<readonly (Assessment | null)[]>;

/** Most that are answered. */
const MOST = 3;
const QUARTERS = [0.25, 0.5, 0.75, 1];

/**
 * The smallest changes that lower the level, one of the same facts, least effort first, ties in the order of the levers; at most
 * three.
 *
 * @param values the vector as it was scored; levers whose value is NaN stay out
 * @param level the level that it was given
 */
export async function findCounterfactuals(
  values: Float64Array,
  level: RiskLevel,
  levers: readonly PlacedLever[],
  rescore: Rescore,
): Promise<Counterfactuals> {
  if (riskRank(level) === 0) return { kind: 'already-low' };
  const search: Search = { values, rank: riskRank(level), rescore };
  const moves = levers.map((lever) => movesOf(lever, values)).filter(({ steps }) => steps.length > 0);
  const single = await leastOfEach(
    search,
    moves.map(({ steps }) => steps.map((step) => [step])),
  );
  const found = single.length > 0 ? single : await findPairs(search, moves);
  const told = oneOfEachFact(found, levers).slice(0, MOST);
  return told.length > 0 ? { kind: 'found', found: told } : { kind: 'none-found' };
}

/** Drops what is about the same facts as one of less effort: that would be the same advice again. */
function oneOfEachFact(found: readonly Counterfactual[], levers: readonly PlacedLever[]): Counterfactual[] {
  const factOf = new Map(levers.map(({ place, fact }) => [place, fact]));
  const seen = new Set<string>();
  return found.filter(({ changes }) => {
    const facts = changes.map(({ place }) => factOf.get(place)).join();
    return !seen.has(facts) && seen.add(facts);
  });
}

interface Search {
  readonly values: Float64Array;
  readonly rank: number;
  readonly rescore: Rescore;
}

/** One lever's candidates, the smallest first. */
interface Moves {
  readonly fact: Lever['fact'];
  readonly steps: readonly Step[];
}

interface Step extends Change {
  readonly effort: number;
}

/**
 * The whole multiples of the lever's step that lie from the value towards its bound, within its reach, nearest first: round figures, as
 * people name them. Values are float32, as in any vector.
 */
function movesOf(lever: PlacedLever, values: Float64Array): Moves {
  const { fact, place, towards, step, reach, bound } = lever;
  const from = values[place]!;
  const nearest = towards > 0 ? Math.floor(from / step) : Math.ceil(from / step);
  const steps: Step[] = [];
  for (let k = 0; k <= reach / step + 1; k++) {
    const to = Math.fround((nearest + towards * k) * step);
    const by = (to - from) * towards;
    const past = bound !== null && (to - bound) * towards > 0;
    if (by > 0 && by <= reach && !past) steps.push({ place, from, to, effort: by / reach });
  }
  return { fact, steps };
}

async function findPairs(search: Search, moves: readonly Moves[]): Promise<Counterfactual[]> {
  const pairs = moves.flatMap((one, i) =>
    moves.slice(i + 1).flatMap((other) => (one.fact === other.fact ? [] : [[one.steps, other.steps] as const])),
  );
  const coarse = await leastOfEach(
    search,
    pairs.map(([one, other]) => product(quarters(one), quarters(other))),
  );
  const boxes = coarse.slice(0, MOST).map(({ changes: [one, other] }) => {
    const pair = pairs.find(([a, b]) => a[0]!.place === one!.place && b[0]!.place === other!.place)!;
    return product(upTo(pair[0], one!), upTo(pair[1], other!));
  });
  return await leastOfEach(search, boxes);
}

/** Of each list of candidates the one of least effort that lowers the level, if any does; least effort first. */
async function leastOfEach(
  { values, rank, rescore }: Search,
  lists: readonly (readonly (readonly Step[])[])[],
): Promise<Counterfactual[]> {
  const scored = await rescore(lists.flat().map((changes) => changed(values, changes)));
  const found: Counterfactual[] = [];
  let at = 0;
  for (const list of lists) {
    let least: Counterfactual | null = null;
    for (const changes of list) {
      const assessment = scored[at++] ?? null;
      const effort = changes.reduce((sum, step) => sum + step.effort, 0);
      const lowers = assessment !== null && riskRank(assessment.riskLevel) < rank;
      if (lowers && (least === null || effort < least.effort)) {
        least = { changes: changes.map(({ place, from, to }) => ({ place, from, to })), effort, assessment };
      }
    }
    if (least !== null) found.push(least);
  }
  return found.sort((a, b) => a.effort - b.effort);
}

function changed(values: Float64Array, changes: readonly Change[]): Float64Array {
  const copy = values.slice();
  for (const { place, to } of changes) copy[place] = to;
  return copy;
}

/** The steps at a quarter, half, three quarters and the end of the way. */
function quarters(steps: readonly Step[]): readonly Step[] {
  return [...new Set(QUARTERS.map((share) => steps[Math.ceil(share * steps.length) - 1]!))];
}

function upTo(steps: readonly Step[], { to }: Change): readonly Step[] {
  return steps.slice(0, steps.findIndex((step) => step.to === to) + 1);
}

function product(one: readonly Step[], other: readonly Step[]): (readonly Step[])[] {
  return one.flatMap((a) => other.map((b) => [a, b]));
}
