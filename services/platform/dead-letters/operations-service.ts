/**
 * pde.operations.v1.OperationsService for any service: where it stands, and its dead letters. Register it on the service's router:
 * `router.service(OperationsService, createOperationsService({…}))`.
 */
import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import {
  type DeadLetterRecord,
  DeadLetterRecordSchema,
  type OperationsService,
  OutboxPositionSchema,
  PartitionPositionSchema,
  StoredSetSchema,
} from '../../../gen/pde/operations/v1/operations_service_pb.ts';
import { partitionOf } from '../kafka/partition.ts';
import type { EventProducer } from '../kafka/port.ts';
import { listOutboxes, type OutboxShard } from '../outbox/shards.ts';
import type { Pool } from '../postgres/pool.ts';
import { listPositions, type StoredPosition } from '../postgres/positions.ts';
import { topicNamed } from '../topics/topics.ts';
import { decodePageToken, encodePageToken } from './page-token.ts';
import {
  DEAD_LETTERS_OUTBOX,
  listDeadLetters,
  markReplayed,
  readDeadLetter,
  reasonName,
  reasonNamed,
  type StoredDeadLetter,
  type WholeDeadLetter,
} from './store.ts';

/** A set of rows, as StoredSet of the contract says. */
export interface StoredSetFacts {
  readonly kind: string;
  readonly count: bigint;
  /** Null where the set has no id shared with another service, or was not verified. */
  readonly idDigest: bigint | null;
}

export interface OperationsOptions {
  readonly service: string;
  readonly pool: Pool;
  readonly schema: string;
  readonly producer: EventProducer;
  /** What is stored. With verify, read from the tables themselves, with digests; else from counters. */
  readonly stored: (verify: boolean) => Promise<readonly StoredSetFacts[]>;
  /** Topic of each outbox of the service but the dead letters. */
  readonly outboxTopics: Readonly<Record<string, string>>;
  /** False for a service that consumes nothing: it has neither positions nor dead letters. Default true. */
  readonly consumes?: boolean;
}

const DEFAULT_PAGE = 50;
const SEND_WITHIN_MS = 10_000;

export function createOperationsService(o: OperationsOptions): ServiceImpl<typeof OperationsService> {
  const { pool, schema } = o;
  const consumes = o.consumes ?? true;
  const topics: Readonly<Record<string, string>> = { ...o.outboxTopics, [DEAD_LETTERS_OUTBOX]: 'dead-letters' };

  return {
    async getPosition(request) {
      const [positions, stored, outboxes] = await Promise.all([
        consumes ? listPositions(pool, schema) : [],
        o.stored(request.verify),
        listOutboxes(pool, schema),
      ]);
      return {
        service: o.service,
        partitions: positions.map(partitionPosition),
        stored: stored.map((set) =>
          create(StoredSetSchema, { kind: set.kind, count: set.count, idDigest: set.idDigest?.toString() ?? '' }),
        ),
        outboxes: outboxes.map((outbox) => outboxPosition(topics, outbox)),
      };
    },

    async listDeadLetters(request) {
      const limit = request.pageSize === 0 ? DEFAULT_PAGE : request.pageSize;
      const page = {
        before: beforeOf(request.pageToken, request.reason),
        reason: reasonOf(request.reason),
        limit: limit + 1,
      };
      const found = consumes ? await listDeadLetters(pool, schema, page) : [];
      const shown = found.slice(0, limit);
      const last = shown.at(-1);
      return {
        deadLetters: shown.map(maskedRecord),
        nextPageToken: found.length > limit && last !== undefined ? encodePageToken(last.position, request.reason) : '',
      };
    },

    async getDeadLetter(request) {
      return { deadLetter: wholeRecord(await find(request.deadLetterId)) };
    },

    async replayDeadLetter(request) {
      const letter = await find(request.deadLetterId);
      if (letter.replayTime !== null && !request.force) {
        throw new ConnectError('it was replayed before: set force to replay it again', Code.FailedPrecondition);
      }
      const [acknowledgement] = await o.producer.send([originalOf(letter)], AbortSignal.timeout(SEND_WITHIN_MS));
      if (acknowledgement === undefined) throw new Error('the producer acknowledged nothing');
      await markReplayed(pool, schema, letter.deadLetterId);
      return { topic: letter.topic, partition: acknowledgement.partition, offset: acknowledgement.baseOffset };
    },
  };

  async function find(id: string): Promise<WholeDeadLetter> {
    const letter = consumes ? await readDeadLetter(pool, schema, id) : null;
    if (letter === null) throw new ConnectError(`${o.service} has no dead letter ${id}`, Code.NotFound);
    return letter;
  }
}

function originalOf(letter: WholeDeadLetter) {
  const { partitions } = topicNamed(letter.topic);
  return {
    topic: letter.topic,
    partition: letter.originalKey === null ? letter.partition : partitionOf(letter.originalKey, partitions),
    key: letter.originalKey,
    value: letter.originalValue,
  };
}

function beforeOf(token: string, reason: string): bigint | null {
  if (token === '') return null;
  const position = decodePageToken(token, reason);
  if (position === null)
    throw new ConnectError('page_token is not the next_page_token of this list', Code.InvalidArgument);
  return position;
}

function reasonOf(name: string) {
  if (name === '') return null;
  const reason = reasonNamed(name);
  if (reason === null) throw new ConnectError(`reason: "${name}" is no DeadLetter.Reason`, Code.InvalidArgument);
  return reason;
}

function partitionPosition(position: StoredPosition) {
  return create(PartitionPositionSchema, { ...position, gapless: !topicNamed(position.topic).compacted });
}

function outboxPosition(topics: Readonly<Record<string, string>>, outbox: OutboxShard) {
  return create(OutboxPositionSchema, {
    topic: topics[outbox.outbox] ?? outbox.outbox,
    shard: outbox.shard,
    lastPosition: outbox.lastPosition,
    publishedPosition: outbox.publishedPosition,
  });
}

function maskedRecord(letter: StoredDeadLetter): DeadLetterRecord {
  return create(DeadLetterRecordSchema, {
    deadLetterId: letter.deadLetterId,
    topic: letter.topic,
    partition: letter.partition,
    offset: letter.offset,
    reason: reasonName(letter.reason),
    detail: letter.detail,
    attempts: letter.attempts,
    appendTime: timestampFromDate(letter.appendTime),
    valueBytes: letter.valueBytes,
    ...(letter.replayTime === null ? {} : { replayTime: timestampFromDate(letter.replayTime) }),
  });
}

function wholeRecord(letter: WholeDeadLetter): DeadLetterRecord {
  const record = maskedRecord(letter);
  if (letter.originalKey !== null) record.originalKey = new Uint8Array(letter.originalKey);
  if (letter.originalValue !== null) record.originalValue = new Uint8Array(letter.originalValue);
  return record;
}
