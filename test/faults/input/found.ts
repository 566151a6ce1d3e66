/** What the services made of the corpus: dead letters as stored and as published, and what took effect of the corpus's customers. */
import { fromBinary } from '@bufbuild/protobuf';
import pg from 'pg';
import {
  type DeadLetter,
  type DeadLetter_Reason,
  DeadLetterSchema,
} from '../../../gen/pde/events/v1/dead_letter_pb.ts';
import { reasonName } from '../../../services/platform/dead-letters/store.ts';
import type { RunningRun } from '../../support/engine-run.ts';
import { readLog } from '../published.ts';
import { CORPUS_CUSTOMER } from './corpus.ts';
import type { TopicName } from './sent.ts';

export interface FoundLetter {
  readonly id: string;
  readonly service: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly reason: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export interface Found {
  readonly letters: readonly FoundLetter[];
  /** From the dead-letters topic, by id. */
  readonly published: ReadonlyMap<string, DeadLetter>;
  /** Identities that took effect, one for every row, by topic and the service that keeps them. */
  readonly stored: Readonly<Record<TopicName, readonly (readonly string[])[]>>;
}

const HEADER_BYTES = 6;

export async function findAll(run: Pick<RunningRun, 'stack' | 'database'>): Promise<Found> {
  const published = new Map<string, DeadLetter>();
  await readLog(run.stack, 'dead-letters', ({ value }) => {
    const event = fromBinary(DeadLetterSchema, value?.subarray(HEADER_BYTES) ?? new Uint8Array());
    published.set(event.deadLetterId, event);
  });
  return await withClient(run, async (client) => ({
    published,
    letters: [...(await lettersOf(client, 'features')), ...(await lettersOf(client, 'interventions'))],
    stored: {
      'transactions-stream': [await identities(client, 'features.ledger', 'transaction_id')],
      'customer-updates': [await profilesOf(client, 'features'), await profilesOf(client, 'interventions')],
      'predictions-stream': [],
    },
  }));
}

/** Runs a statement as the database's superuser: what a person may do to mend something, or to break it. */
export async function execute(run: Pick<RunningRun, 'database'>, statement: string): Promise<void> {
  await withClient(run, (client) => client.query(statement));
}

async function withClient<T>({ database }: Pick<RunningRun, 'database'>, work: (client: pg.Client) => Promise<T>) {
  const client = new pg.Client({ connectionString: database.adminUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function lettersOf(client: pg.Client, service: 'features' | 'interventions'): Promise<FoundLetter[]> {
  const { rows } = await client.query<
    Omit<FoundLetter, 'offset' | 'reason'> & { offset: string; reason: DeadLetter_Reason }
  >(
    `SELECT dead_letter_id AS id, '${service}' AS service, topic, partition, log_offset AS offset, reason,
       original_key AS key, original_value AS value FROM ${service}.dead_letters ORDER BY position`,
  );
  return rows.map((row) => ({ ...row, offset: BigInt(row.offset), reason: reasonName(row.reason) }));
}

async function profilesOf(client: pg.Client, service: 'features' | 'interventions'): Promise<string[]> {
  const versions = await identities(client, `${service}.profiles`, 'version');
  return [...versions, ...(await identities(client, `${service}.profile_stops`, "'stop'"))];
}

async function identities(client: pg.Client, table: string, within: string): Promise<string[]> {
  const { rows } = await client.query<{ identity: string }>(
    `SELECT customer_id || ' ' || ${within} AS identity FROM ${table} WHERE starts_with(customer_id, $1)`,
    [CORPUS_CUSTOMER],
  );
  return rows.map(({ identity }) => identity);
}
