/**
 * The corpus: every way to be wrong at least once, a good record of every topic cut off at every byte, and then as many more as are
 * asked for, all from a seed. Each group of records has a customer of its own and lies in its log in the order given here.
 */
import { createRandom } from './random.ts';
import type { Making, SchemaIds, Sent, TopicName, Way } from './sent.ts';
import { truncations, waysOfBytes } from './ways-of-bytes.ts';
import { mendable, sequences } from './ways-of-histories.ts';
import { predictionWays } from './ways-of-predictions.ts';
import { profileSequences, profileWays } from './ways-of-profiles.ts';
import { transactionWays } from './ways-of-transactions.ts';

export interface CorpusOptions {
  readonly seed: number;
  /** Records that are wrong, at least. */
  readonly bad: number;
  /** Groups of records at most, chosen by the seed; null: all. */
  readonly groups: number | null;
  readonly schemas: SchemaIds;
  /** What live records are dated by. */
  readonly nowMs: number;
}

/** Whose records are the corpus's: no customer of a bank begins so. */
export const CORPUS_CUSTOMER = 'input-';

const WAYS: Readonly<Record<TopicName, readonly Way[]>> = {
  'transactions-stream': [...waysOfBytes('transactions-stream'), ...transactionWays, ...sequences],
  'customer-updates': [...waysOfBytes('customer-updates'), ...profileWays, ...profileSequences],
  'predictions-stream': [...waysOfBytes('predictions-stream'), ...predictionWays],
};
const TOPICS = Object.keys(WAYS) as TopicName[];

type Group = readonly Sent[];

export function corpusOf(o: CorpusOptions): Sent[] {
  const random = createRandom(o.seed);
  let customers = 0;
  const making = (): Making => {
    customers += 1;
    return { random, customerId: `${CORPUS_CUSTOMER}${o.seed}-${customers}`, schemas: o.schemas, nowMs: o.nowMs };
  };
  const named = (name: string, records: readonly Omit<Sent, 'way'>[]): Group =>
    records.map((record) => ({ way: `${record.topic}: ${name}`, ...record }));
  const made = ({ name, make }: Way) => named(name, make(making()));

  const first = named('mended later', mendable(making()));
  const groups: Group[] = TOPICS.flatMap((topic) => [
    ...WAYS[topic].map(made),
    ...truncations(topic, making()).map((record) => named('cut off', [record])),
  ]);
  const light = TOPICS.flatMap((topic) => WAYS[topic].filter(({ heavy }) => heavy !== true));
  for (let bad = countBad([first, ...groups]); bad < o.bad; ) {
    const more = made(random.pick(light));
    groups.push(more);
    bad += countBad([more]);
  }
  return [
    ...first,
    ...shuffled(groups, random.int)
      .slice(0, o.groups ?? undefined)
      .flat(),
  ];
}

/** Those that must become dead letters. */
export function isBad({ expected }: Sent): boolean {
  return expected.kind === 'dead';
}

function countBad(groups: readonly Group[]): number {
  return groups.reduce((sum, group) => sum + group.filter(isBad).length, 0);
}

/** Source: Fisher and Yates, as Durstenfeld wrote it. */
function shuffled<T>(values: readonly T[], int: (min: number, max: number) => number): T[] {
  const out = [...values];
  for (let last = out.length - 1; last > 0; last--) {
    const other = int(0, last);
    [out[last], out[other]] = [out[other]!, out[last]!];
  }
  return out;
}
