/**
 * The verdict on each record of the corpus, by what its way says it must get, and by nothing that the services say of themselves.
 *
 *  - missing: a dead letter that is not there, stored or published; a record that should have taken effect and has not.
 *  - wrong: a dead letter with another reason or other bytes, or of what is not wrong; an effect of what must have none.
 */
import { reasonName } from '../../../services/platform/dead-letters/store.ts';
import type { Found, FoundLetter } from './found.ts';
import type { Placed } from './send.ts';
import { CONSUMERS, PARTITIONS, type TopicName } from './sent.ts';

export interface Verdict {
  readonly missing: number;
  readonly wrong: number;
  /** In words. */
  readonly findings: readonly string[];
}

export interface WayVerdict {
  readonly tried: number;
  readonly missing: number;
  readonly wrong: number;
}

interface Fault {
  readonly kind: 'missing' | 'wrong';
  readonly way: string;
  readonly what: string;
}

/** @param repeats duplicates that the services counted, by topic */
export function judgeCorpus(
  placed: readonly Placed[],
  found: Found,
  repeats: Readonly<Partial<Record<TopicName, number>>>,
): Verdict & { readonly ways: Readonly<Record<string, WayVerdict>> } {
  const letters = new Map(found.letters.map((letter) => [placeOf(letter.service, letter), letter]));
  const faults = [
    ...placed.flatMap((record) => judgeRecord(record, letters, found)),
    ...unaskedLetters(placed, found),
    ...unaskedEffects(placed, found),
    ...Object.entries(repeats).flatMap(([topic, count]) => miscounted(topic, count, placed)),
  ];
  return { ...verdictOf(faults), ways: byWay(placed, faults) };
}

function judgeRecord(record: Placed, letters: ReadonlyMap<string, FoundLetter>, found: Found): Fault[] {
  const { expected, topic, offset, way } = record;
  const fault = (kind: Fault['kind'], what: string): Fault => ({ kind, way, what });
  if (expected.kind === 'refused by the broker') {
    return offset === null ? [] : [fault('wrong', 'the broker took it')];
  }
  if (offset === null) return [fault('missing', 'the broker refused it')];
  const own = CONSUMERS[topic].map((service) => ({
    service,
    letter: letters.get(placeOf(service, { ...record, offset })),
  }));
  if (expected.kind === 'dead') {
    return own.flatMap(({ service, letter }) =>
      letter === undefined
        ? [fault('missing', `${service} has no dead letter of it, with ${expected.reason}`)]
        : judgeLetter(record, letter, expected.reason, found),
    );
  }
  const dead = own.flatMap(({ service, letter }) =>
    letter === undefined
      ? []
      : [fault('wrong', `${service} refused it as ${letter.reason}, but it is ${expected.kind}`)],
  );
  if (expected.kind === 'repeat' || dead.length > 0) return dead;
  return found.stored[topic].flatMap((rows) => {
    const times = rows.filter((row) => row === expected.stored).length;
    if (times === 1) return [];
    return [fault(times === 0 ? 'missing' : 'wrong', `${expected.stored.slice(0, 80)} is stored ${times} times`)];
  });
}

function judgeLetter(record: Placed, letter: FoundLetter, reason: string, found: Found): Fault[] {
  const { way } = record;
  const wrong = (what: string): Fault => ({ kind: 'wrong', way, what: `${letter.service}: ${what}` });
  const faults: Fault[] = [];
  if (letter.reason !== reason) faults.push(wrong(`the reason is ${letter.reason}, not ${reason}`));
  if (!same(letter.key, record.key) || !same(letter.value, record.value)) faults.push(wrong('other bytes are stored'));
  const event = found.published.get(letter.id);
  if (event === undefined) {
    return [...faults, { kind: 'missing', way, what: `${letter.service} has not published its dead letter` }];
  }
  const isItself = same(event.originalKey ?? null, record.key) && same(event.originalValue ?? null, record.value);
  if (!isItself) faults.push(wrong('other bytes are published'));
  if (reasonName(event.reason) !== letter.reason) faults.push(wrong('another reason is published'));
  return faults;
}

/** Dead letters of records that are not the corpus's. */
function unaskedLetters(placed: readonly Placed[], found: Found): Fault[] {
  const places = new Set(placed.map((record) => placeOf('', { ...record, offset: record.offset ?? -1n })));
  return found.letters
    .filter((letter) => !places.has(placeOf('', letter)))
    .map(({ service, topic, partition, offset, reason }) => ({
      kind: 'wrong' as const,
      way: 'good traffic',
      what: `${service} refused ${topic}/${partition}@${offset} as ${reason}`,
    }));
}

function unaskedEffects(placed: readonly Placed[], found: Found): Fault[] {
  const asked = new Set(placed.flatMap(({ expected }) => (expected.kind === 'accepted' ? [expected.stored] : [])));
  return Object.values(found.stored)
    .flat(2)
    .filter((identity) => !asked.has(identity))
    .map((identity) => ({ kind: 'wrong' as const, way: 'effects', what: `${identity.slice(0, 80)} took effect` }));
}

function miscounted(topic: string, count: number, placed: readonly Placed[]): Fault[] {
  const said = placed.filter((record) => record.topic === topic && record.expected.kind === 'repeat').length;
  if (said === count) return [];
  return [
    { kind: 'wrong', way: `${topic}: repeats`, what: `${said} records repeat another, and ${count} were counted` },
  ];
}

function byWay(placed: readonly Placed[], faults: readonly Fault[]): Record<string, WayVerdict> {
  const tried = Map.groupBy(placed, ({ way }) => way);
  const found = Map.groupBy(faults, ({ way }) => way);
  const names = [...new Set([...tried.keys(), ...found.keys()])].sort();
  const count = (name: string, kind: Fault['kind']) => found.get(name)?.filter((one) => one.kind === kind).length ?? 0;
  return Object.fromEntries(
    names.map((name) => [
      name,
      { tried: tried.get(name)?.length ?? 0, missing: count(name, 'missing'), wrong: count(name, 'wrong') },
    ]),
  );
}

function verdictOf(faults: readonly Fault[]): Verdict {
  const count = (kind: Fault['kind']) => faults.filter((one) => one.kind === kind).length;
  const findings = faults.map(({ kind, way, what }) => `${kind}: ${way}: ${what}`);
  return { missing: count('missing'), wrong: count('wrong'), findings };
}

/** What the broker says of a record: topic, partition and offset. */
interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

function placeOf(service: string, { topic, partition, offset }: Place): string {
  if (!(topic in PARTITIONS)) throw new Error(`nobody consumes ${topic}`);
  return `${service} ${topic}/${partition}@${offset}`;
}

function same(one: Uint8Array | null, other: Uint8Array | null): boolean {
  if (one === null || other === null) return one === other;
  return Buffer.compare(one, other) === 0;
}
