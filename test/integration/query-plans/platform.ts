/** Every statement of the platform's tables (positions, outboxes, dead letters), as a service of a schema sends it. */
import { DeadLetter_Reason } from '../../../gen/pde/events/v1/dead_letter_pb.ts';
import * as deadLetters from '../../../services/platform/dead-letters/store.ts';
import { createCursors } from '../../../services/platform/outbox/cursor.ts';
import { lastPositions, listOutboxes, takePositions } from '../../../services/platform/outbox/shards.ts';
import { createPositionStore, listPositions, movePosition } from '../../../services/platform/postgres/positions.ts';
import type { Calls } from './calls.ts';
import { ARRIVAL_MS } from './fill.ts';
import { idOf } from './ids.ts';

const GROUP = 'group';
const TOPIC = 'transactions-stream';

export function platformCalls(schema: string): Calls {
  return { ...outboxCalls(schema), ...positionCalls(schema), ...deadLetterCalls(schema) };
}

export function outboxCalls(schema: string): Calls {
  return {
    'relay: lease, renew, advance, release': async (pool) => {
      const cursors = createCursors({
        pool,
        schema,
        outbox: deadLetters.DEAD_LETTERS_OUTBOX,
        owner: 'o',
        ttlMs: 1_000,
      });
      const leases = await cursors.acquire([0]);
      await cursors.renew(leases);
      await cursors.advance(leases[0]!, 10n);
      await cursors.release(leases);
    },
    'relay: poll': (pool) => lastPositions(pool, schema, deadLetters.DEAD_LETTERS_OUTBOX),
    'outbox: take positions': (pool) => takePositions(pool, schema, 'an-outbox', 0, 10),
    'reconcile: outboxes': (pool) => listOutboxes(pool, schema),
  };
}

function positionCalls(schema: string): Calls {
  return {
    'consumer: claim, begin, move': async (pool) => {
      const positions = createPositionStore(pool, schema, GROUP);
      const [claimed] = await positions.claim(TOPIC, [0]);
      const epoch = claimed!.epoch;
      await positions.begin(TOPIC, 0, epoch, 7n);
      const place = { schema, group: GROUP, topic: TOPIC, partition: 0, epoch, from: 7n, to: 9n };
      await movePosition(pool, { ...place, accepted: 2, duplicates: 0, deadLetters: 0 });
    },
    'reconcile: positions': (pool) => listPositions(pool, schema),
  };
}

function deadLetterCalls(schema: string): Calls {
  const record = {
    ...{ topic: TOPIC, partition: 0, offset: 900_000n, appendMs: ARRIVAL_MS },
    ...{ key: Buffer.from('k'), value: Buffer.from('v'), headers: {} },
  };
  const refusal = { record, reason: DeadLetter_Reason.INVALID_VALUE, detail: 'd', attempts: 1 };
  const id = idOf('dead', 4_321);
  const page = { before: null, reason: null, limit: 51 };
  return {
    'dead letters: insert': (pool) => deadLetters.insertDeadLetters(pool, { schema, service: schema }, [refusal]),
    'dead letters: relay': (pool) => deadLetters.readDeadLettersAfter(pool, schema, 49_000n, 20),
    'dead letters: latest': (pool) => deadLetters.listDeadLetters(pool, schema, page),
    'dead letters: next page': (pool) => deadLetters.listDeadLetters(pool, schema, { ...page, before: 20_000n }),
    'dead letters: of a rare reason': (pool) => deadLetters.listDeadLetters(pool, schema, { ...page, reason: 9 }),
    'dead letters: show': (pool) => deadLetters.readDeadLetter(pool, schema, id),
    'dead letters: replayed': (pool) => deadLetters.markReplayed(pool, schema, id),
  };
}
