import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FencedError } from '../../services/platform/kafka/port.ts';
import { arrayParameter } from '../../services/platform/postgres/batch.ts';
import { migrate } from '../../services/platform/postgres/migrate.ts';
import { createPool } from '../../services/platform/postgres/pool.ts';
import { createPositionStore, listPositions, movePosition } from '../../services/platform/postgres/positions.ts';
import { classify } from '../../services/platform/postgres/sqlstate.ts';
import { createPlatformDatabase, type PlatformDatabase, SCHEMA } from './platform-support.ts';

let db: PlatformDatabase;
beforeAll(async () => {
  db = await createPlatformDatabase();
  await db.pool.query('CREATE TABLE numbers (n int PRIMARY KEY)');
});
afterAll(() => db.close());

const errorOf = async (work: Promise<unknown>) => await work.then(() => undefined).catch((cause: unknown) => cause);

describe('a pool', () => {
  it('answers int8 as bigint, alone and in arrays', async () => {
    const { rows } = await db.pool.query('SELECT 9007199254740993::int8 AS one, ARRAY[1, NULL]::int8[] AS many');
    expect(rows).toEqual([{ one: 9007199254740993n, many: [1n, null] }]);
  });

  it('takes columnar arrays of every type that batches use', async () => {
    const moments = [new Date(0), new Date(1_700_000_000_000)];
    const { rows } = await db.pool.query(
      'SELECT * FROM unnest($1::int8[], $2::text[], $3::bytea[], $4::timestamptz[], $5::float8[]) AS t (a, b, c, d, e)',
      [[1n, null], ['x', '"{}\\'], [Buffer.from([0, 255]), null], moments, [Number.NaN, 0.1]].map(arrayParameter),
    );
    expect(rows).toEqual([
      { a: 1n, b: 'x', c: Buffer.from([0, 255]), d: moments[0], e: Number.NaN },
      { a: null, b: '"{}\\', c: null, d: moments[1], e: 0.1 },
    ]);
  });

  it('takes texts as they are, whatever an array literal would make of them', async () => {
    const texts = ['', 'NULL', 'null', ',', '{a,b}', '"', '\\', '\\"', ' padded ', '\t\n', 'é€💶', "'", '\\x00ff'];
    const { rows } = await db.pool.query<{ text: string }>('SELECT unnest($1::text[]) AS text', [
      arrayParameter(texts),
    ]);
    expect(rows.map(({ text }) => text)).toEqual(texts);
  });

  it('rolls back what fails, and is usable afterwards', async () => {
    const failing = db.pool.transaction(async (tx) => {
      await tx.query('INSERT INTO numbers VALUES (1)');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect((await db.pool.query('SELECT * FROM numbers WHERE n = 1')).count).toBe(0);
  });

  it('calls a COMMIT that the server turned into a ROLLBACK an error', async () => {
    const swallowing = db.pool.transaction(async (tx) => {
      await tx.query('INSERT INTO numbers VALUES (2)');
      await errorOf(tx.query('INSERT INTO numbers VALUES (2)'));
    });
    await expect(swallowing).rejects.toThrow('COMMIT was answered with ROLLBACK');
  });

  it('runs statements that went out together in the order of the calls, and keeps nothing where one of them fails', async () => {
    const together = await db.pool.transaction((tx) =>
      Promise.all([
        tx.prepared<{ n: number }>('add', 'INSERT INTO numbers VALUES ($1::int) RETURNING n', [10]),
        tx.prepared<{ n: number }>('add', 'INSERT INTO numbers VALUES ($1::int) RETURNING n', [11]),
        tx.query<{ n: number }>('SELECT n FROM numbers WHERE n BETWEEN 10 AND 11 ORDER BY n'),
      ]),
    );
    expect(together.map(({ rows }) => rows.map(({ n }) => n))).toEqual([[10], [11], [10, 11]]);
    const failing = db.pool.transaction((tx) =>
      Promise.all([
        tx.query('INSERT INTO numbers VALUES (12)'),
        tx.query('INSERT INTO numbers VALUES (10)'),
        tx.query('INSERT INTO numbers VALUES (13)'),
      ]),
    );
    // What comes after it only says that the transaction is aborted.
    expect(await errorOf(failing)).toMatchObject({ code: '23505' });
    expect((await db.pool.query('SELECT FROM numbers WHERE n IN (12, 13)')).count).toBe(0);
  });

  it('lets no statement leave a transaction that has ended, or has not begun', async () => {
    let late: Promise<unknown> = Promise.resolve();
    const failed = Promise.withResolvers<void>();
    const failing = db.pool.transaction(async (tx) => {
      late = failed.promise.then(() => tx.query('INSERT INTO numbers VALUES (20)'));
      late.catch(() => undefined);
      await tx.query('SELECT no_such_column');
    });
    await expect(failing).rejects.toThrow('no_such_column');
    failed.resolve();
    await expect(late).rejects.toThrow('the transaction has ended');
    const unbegun = db.pool.transaction((tx) => tx.query('INSERT INTO numbers VALUES (20)'), {
      isolation: 'none such' as 'serializable',
    });
    await expect(unbegun).rejects.toThrow('syntax error');
    expect((await db.pool.query('SELECT FROM numbers WHERE n = 20')).count).toBe(0);
  });

  it('stops a statement that takes too long, as a transient fault', async () => {
    const hasty = createPool({ url: db.url('pde_features_owner'), max: 1, statementTimeoutMs: 50 });
    expect(classify(await errorOf(hasty.query('SELECT pg_sleep(10)')))).toBe('transient');
    expect((await hasty.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await hasty.close();
  });

  it('frees the locks of a transaction that fell silent', async () => {
    const paused = createPool({ url: db.url('pde_features_owner'), max: 1, idleInTransactionTimeoutMs: 50 });
    await db.pool.query('INSERT INTO numbers VALUES (3)');
    const silence = Promise.withResolvers<void>();
    const locked = Promise.withResolvers<void>();
    const zombie = paused.transaction(async (tx) => {
      await tx.query('UPDATE numbers SET n = n WHERE n = 3');
      locked.resolve();
      await silence.promise;
      await tx.query('SELECT 1');
    });
    await locked.promise;
    await db.pool.query('UPDATE numbers SET n = n WHERE n = 3');
    silence.resolve();
    expect(classify(await errorOf(zombie))).toBe('transient');
    await paused.close();
  });

  it('survives connections that the server ends, idle or in use', async () => {
    const fragile = createPool({ url: db.url('pde_features_owner'), max: 2, applicationName: 'fragile' });
    await fragile.query('SELECT 1');
    const inUse = fragile.transaction(async (tx) => {
      await terminate('fragile');
      await tx.query('SELECT 1');
    });
    expect(classify(await errorOf(inUse))).toBe('transient');
    await terminate('fragile');
    expect((await fragile.query('SELECT 1 AS one')).count).toBe(1);
    await fragile.close();
  });

  it('does not wait for ever for a connection', async () => {
    const small = createPool({ url: db.url('pde_features_owner'), max: 1, connectionTimeoutMs: 2_000 });
    await small.transaction(async () => {
      expect(classify(await errorOf(small.query('SELECT 1')))).toBe('transient');
    });
    await small.close();
  });

  async function terminate(application: string): Promise<void> {
    await db.pool.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND usename = current_user',
      [application],
    );
  }
});

describe('migrations', () => {
  const owner = () => ({ ownerUrl: db.url('pde_scoring_owner'), schema: 'scoring' });

  async function withFiles(files: Record<string, string>, use: (directory: string) => Promise<void>): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'migrations-'));
    try {
      for (const [name, sql] of Object.entries(files)) await writeFile(join(directory, name), sql);
      await use(directory);
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  it('run once each, in order, also when two start together; a changed file is refused', async () => {
    const files = {
      '000001_first.sql': 'CREATE TABLE one (a int);',
      '000002_second.sql': 'ALTER TABLE one ADD b int; CREATE INDEX ON one (b);',
    };
    await withFiles(files, async (directory) => {
      const both = await Promise.all([migrate({ ...owner(), directory }), migrate({ ...owner(), directory })]);
      expect(both.map((ran) => ran.length).sort()).toEqual([0, 2]);
      await writeFile(join(directory, '000001_first.sql'), 'CREATE TABLE one (a bigint);');
      await expect(migrate({ ...owner(), directory })).rejects.toThrow('000001_first.sql changed after it was run');
      await rm(join(directory, '000002_second.sql'));
    });
  });

  it('leave nothing of a file that fails, and name it', async () => {
    await withFiles({ '000001_bad.sql': 'CREATE TABLE half (a int); SELECT nonsense;' }, async (directory) => {
      const run = migrate({ ownerUrl: db.url('pde_simulator_owner'), schema: 'bank', directory });
      await expect(run).rejects.toThrow('000001_bad.sql failed');
    });
    const owner = createPool({ url: db.url('pde_simulator_owner') });
    expect((await owner.query("SELECT to_regclass('bank.half') AS half")).rows).toEqual([{ half: null }]);
    await owner.close();
  });

  it('refuse a file out of number', async () => {
    await withFiles({ '000002_late.sql': 'SELECT 1;' }, async (directory) => {
      const run = migrate({ ownerUrl: db.url('pde_interventions_owner'), schema: 'interventions', directory });
      await expect(run).rejects.toThrow('000001_name.sql');
    });
  });
});

describe('positions', () => {
  const move = (o: { group: string; epoch: bigint; from: bigint; to: bigint }) =>
    db.pool.transaction((tx) =>
      movePosition(tx, {
        schema: SCHEMA,
        topic: 't',
        partition: 0,
        accepted: Number(o.to - o.from),
        duplicates: 0,
        deadLetters: 0,
        ...o,
      }),
    );

  it('begin once, and then move from exactly where they stand, with their counters', async () => {
    const store = createPositionStore(db.pool, SCHEMA, 'g1');
    expect(await store.claim('t', [0])).toEqual([{ partition: 0, epoch: 1n, nextOffset: null }]);
    await store.begin('t', 0, 1n, 5n);
    await expect(store.begin('t', 0, 1n, 0n)).rejects.toThrow(FencedError);
    await move({ group: 'g1', epoch: 1n, from: 5n, to: 8n });
    await expect(move({ group: 'g1', epoch: 1n, from: 5n, to: 8n })).rejects.toThrow(FencedError);
    const [position] = await listPositions(db.pool, SCHEMA);
    expect(position).toMatchObject({ topic: 't', firstOffset: 5n, nextOffset: 8n, accepted: 3n });
  });

  it('are fenced by a later claim', async () => {
    const store = createPositionStore(db.pool, SCHEMA, 'g2');
    const [mine] = await store.claim('t', [0]);
    await store.begin('t', 0, mine!.epoch, 0n);
    const [theirs] = await createPositionStore(db.pool, SCHEMA, 'g2').claim('t', [0]);
    expect(theirs).toEqual({ partition: 0, epoch: 2n, nextOffset: 0n });
    await expect(move({ group: 'g2', epoch: 1n, from: 0n, to: 1n })).rejects.toThrow(FencedError);
    await move({ group: 'g2', epoch: 2n, from: 0n, to: 1n });
  });
});
