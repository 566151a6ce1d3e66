/**
 * The bare pipeline of bench:latency (DESIGN section 8): produce, consume, commit in PostgreSQL, produce, consume, commit, with the engine's
 * client libraries and nothing else. Three processes of this file, as the engine has a process a part; the first argument says which:
 *
 *   feed      told {rate, count}, sends so many records at that rate in an open loop, and answers when all are acknowledged
 *   first     consumes what feed sends, commits, produces it again
 *   second    consumes that, commits, and answers the latencies since it was asked last
 *
 * Nothing of what makes the engine safe is here: a crash between commit and produce loses records.
 */
import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { type Producer } from 'kafkajs';
import type pg from 'pg';
import { fixedRate } from '../../services/simulator/stream/pace.ts';
import { stackFrom } from '../../services/stack/stack.ts';
import { type BareRecord, bareKafka, barePool, startBareStage } from './bare-consumer.ts';

export const BARE_TOPICS = { first: 'bench-first', second: 'bench-second' } as const;
export const BARE_PARTITIONS = 3;
/** What DESIGN's figures of the bare pipeline were measured with, and where it is quickest. */
const FETCH_WAIT_MS = 5;
/** As large as a transaction on the stream. */
const VALUE = Buffer.alloc(300, 'x');
const HEADER = 'scheduled-us';

type Row = BareRecord<Buffer>;

export const BARE_TABLES = `
  CREATE TABLE bench.first_hop (topic_partition int4, log_offset int8, value bytea, PRIMARY KEY (topic_partition, log_offset));
  CREATE TABLE bench.second_hop (LIKE bench.first_hop INCLUDING ALL)`;

/** Absent where another file imports what is exported. */
const part = process.argv[1] === import.meta.filename ? process.argv[2] : undefined;
if (part !== undefined) await run(part);

async function run(name: string): Promise<void> {
  const stack = stackFrom(JSON.parse(process.env.PDE_BENCH_STACK!));
  const kafka = bareKafka(stack);
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  process.on('disconnect', () => process.exit());
  if (name === 'feed') {
    await producer.connect();
    process.on('message', (asked: Asked) => void feed(producer, asked).then(() => process.send!('sent'), fail));
  } else if (name === 'first') {
    await producer.connect();
    await hop(stack, kafka, 'first', (records) => {
      void send(producer, BARE_TOPICS.second, records.map(passedOn)).catch(fail);
    });
  } else {
    const latenciesMs: number[] = [];
    await hop(stack, kafka, 'second', (records) => {
      const now = performance.timeOrigin + performance.now();
      for (const { headers } of records) latenciesMs.push(now - Number(headers[HEADER]) / 1_000);
    });
    process.on('message', () => process.send!(latenciesMs.splice(0)));
  }
  process.send!('ready');
}

/** What feed is told. */
export interface Asked {
  readonly rate: number;
  readonly count: number;
}

async function hop(
  stack: Parameters<typeof barePool>[0],
  kafka: ReturnType<typeof bareKafka>,
  name: 'first' | 'second',
  onCommitted: (records: readonly Row[]) => void,
): Promise<void> {
  const insert = `INSERT INTO bench.${name}_hop SELECT * FROM unnest($1::int4[], $2::int8[], $3::bytea[])`;
  await startBareStage<Buffer>({
    ...{ kafka, groupId: `bench-${name}`, topic: BARE_TOPICS[name], pool: barePool(stack), maxWaitMs: FETCH_WAIT_MS },
    decode: (value) => value,
    async insert(client: pg.PoolClient, rows) {
      const values = [rows.map((r) => r.partition), rows.map((r) => r.offset), rows.map((r) => r.message)];
      await client.query({ name: `bench.${name}`, text: insert, values });
    },
    onCommitted,
  });
}

interface Outgoing {
  readonly partition: number;
  readonly scheduledUs: string;
}

const passedOn = ({ partition, headers }: Row): Outgoing => ({ partition, scheduledUs: headers[HEADER]! });

async function send(producer: Producer, topic: string, records: readonly Outgoing[]): Promise<void> {
  const messages = records.map(({ partition, scheduledUs }) => ({
    ...{ partition, key: String(partition), value: VALUE, headers: { [HEADER]: scheduledUs } },
  }));
  await producer.send({ topic, acks: -1, messages });
}

async function feed(producer: Producer, { rate, count }: Asked): Promise<void> {
  const pace = fixedRate(rate, performance.now());
  const sending: Promise<void>[] = [];
  for (let sent = 0; sent < count; ) {
    const due = pace.take(pace.ready(performance.now(), count - sent, () => 0)) ?? [];
    if (due.length > 0)
      sending.push(
        send(
          producer,
          BARE_TOPICS.first,
          due.map((ms, i) => scheduled(sent + i, ms)),
        ),
      );
    sent += due.length;
    const waitMs = pace.waitMs(performance.now(), 0);
    if (waitMs > 0) await delay(waitMs);
  }
  await Promise.all(sending);
}

function scheduled(index: number, dueMs: number): Outgoing {
  return {
    partition: index % BARE_PARTITIONS,
    scheduledUs: String(Math.round((performance.timeOrigin + dueMs) * 1_000)),
  };
}

function fail(cause: unknown): void {
  process.stderr.write(`bench:latency: the bare pipeline failed: ${cause}\n`);
  process.exit(1);
}
