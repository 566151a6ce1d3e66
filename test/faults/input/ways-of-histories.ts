/** What a transaction may not say after another of its customer; and what takes effect once its fault is mended. */
import { goodOf, NOON_SECONDS, TRANSACTION_ID } from './good.ts';
import {
  dead,
  type Expected,
  type Making,
  type Mend,
  PARTITIONS,
  type Placing,
  partitionOf,
  type Sent,
  sent,
  type TopicName,
  type Way,
  written,
} from './sent.ts';
import { accepted } from './ways-of-transactions.ts';
import { type Field, int, message, set, string, time, without } from './wire.ts';

const TOPIC = 'transactions-stream';
const PROFILES = 'customer-updates';
const [STATUS, REVERSES] = [11, 12];

/** Ways that show only after another record of the customer, each with the records before it. */
export const sequences: readonly Way[] = [
  sequence('the same identity with other content', (o, say) => [
    say([], accepted(o.customerId)),
    say([int(9, 1_000_001)], dead('CONFLICTING_DUPLICATE')),
    say([int(14, 0)], dead('CONFLICTING_DUPLICATE')),
    say([string(10, 'CZK')], dead('CONFLICTING_DUPLICATE')),
    say([time(4, NOON_SECONDS - 1)], dead('CONFLICTING_DUPLICATE')),
    say([int(11, 2)], dead('CONFLICTING_DUPLICATE')),
    say([], { kind: 'repeat' }),
  ]),
  sequence('the same identity with the same content, written otherwise', (o, say) => [
    say([], accepted(o.customerId)),
    say([int(21, 1)], { kind: 'repeat' }),
    say([string(500, 'unknown')], { kind: 'repeat' }),
    say([message(900, [])], { kind: 'repeat' }),
  ]),
  sequence('another currency', (o, say) => [
    say([], accepted(o.customerId)),
    say([string(1, 'input-2'), string(10, 'CZK')], dead('WRONG_CURRENCY')),
    say([string(1, 'input-3')], accepted(o.customerId, 'input-3')),
  ]),
  sequence('a reversal of a reversal', (o, say) => [
    say([], accepted(o.customerId)),
    say([string(1, 'input-2'), string(12, TRANSACTION_ID)], accepted(o.customerId, 'input-2')),
    say([string(1, 'input-3'), string(12, 'input-2')], dead('REVERSAL_OF_REVERSAL')),
    say([string(1, 'input-4'), string(12, TRANSACTION_ID)], accepted(o.customerId, 'input-4')),
  ]),
  sequence('a reversal that turns out to be reversed', (o, say) => [
    say([string(1, 'input-2'), string(12, TRANSACTION_ID)], accepted(o.customerId, 'input-2')),
    say([string(12, 'input-9')], dead('REVERSAL_OF_REVERSAL')),
    say([], accepted(o.customerId)),
  ]),
  sequence('a reversal of a reversal that failed', (o, say) => [
    say([], accepted(o.customerId)),
    say([string(1, 'input-2'), string(12, TRANSACTION_ID), int(STATUS, 2)], accepted(o.customerId, 'input-2')),
    say([string(1, 'input-3'), string(12, 'input-2')], accepted(o.customerId, 'input-3')),
  ]),
  sequence('older than the ledger keeps', (o, say) => [
    say([], accepted(o.customerId)),
    say([string(1, 'input-2'), time(4, NOON_SECONDS - 86_400 * 3_651)], dead('TOO_OLD')),
  ]),
];

/** What a record of the customer says, beside the good one without a reversal. */
type Say = (change: readonly Field[], expected: Expected) => Omit<Sent, 'way'>;

function sequence(name: string, records: (o: Making, say: Say) => readonly Omit<Sent, 'way'>[]): Way {
  return {
    name,
    make(o) {
      const good = set(without(goodOf(TOPIC, o), REVERSES), time(4, NOON_SECONDS));
      return records(o, (change, expected) =>
        sent(TOPIC, o.customerId, written(o, TOPIC, set(good, ...change)), expected),
      );
    },
  };
}

/** Refused at first; once their fault is mended, a replay of the same bytes takes effect. */
export function mendable(o: Making): Omit<Sent, 'way'>[] {
  const good = (id: string) => set(without(goodOf(TOPIC, o), REVERSES), string(1, id));
  const mended = (id: string, by: Mend['by']): Placing => ({ mend: { by, stored: `${o.customerId} ${id}` } });
  const elsewhere = (topic: TopicName, away: number) => {
    return (partitionOf(topic, Buffer.from(o.customerId)) + away) % PARTITIONS[topic];
  };
  const value = (id: string, schemaId: number) => {
    const whole = written(o, TOPIC, good(id));
    whole.writeInt32BE(schemaId, 1);
    return whole;
  };
  return [
    ...[1, 2].map((away) =>
      sent(TOPIC, o.customerId, written(o, TOPIC, good(`away-${away}`)), dead('WRONG_PARTITION'), {
        ...mended(`away-${away}`, 'its key decides its partition'),
        partition: elsewhere(TOPIC, away),
      }),
    ),
    sent(PROFILES, o.customerId, written(o, PROFILES, goodOf(PROFILES, o)), dead('WRONG_PARTITION'), {
      ...mended('1', 'its key decides its partition'),
      partition: elsewhere(PROFILES, 1),
    }),
    ...o.schemas.next.map((schemaId) => {
      const id = `schema-${schemaId}`;
      const mend = mended(id, 'its schema is registered');
      return sent(TOPIC, o.customerId, value(id, schemaId), dead('UNKNOWN_SCHEMA_ID'), mend);
    }),
    ...['store-1', 'store-2'].map((id) => {
      const fields = set(good(id), string(15, NO_STORE));
      return sent(
        TOPIC,
        o.customerId,
        written(o, TOPIC, fields),
        dead('REFUSED_BY_STORE'),
        mended(id, 'the store takes it'),
      );
    }),
  ];
}

/** A merchant that the ledger is made to refuse for a while. */
export const NO_STORE = 'input-refused-by-the-store';
