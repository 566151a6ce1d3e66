/** `npm start` as a newcomer runs it, on a small bank: the summary, the public interface, the command, and a clean end. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import grpc from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { GetModelRequestSchema, GetModelResponseSchema } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import type { EngineFile } from '../../services/cli/engine-file.ts';
import { removeState } from '../../services/stack/stack.ts';
import { ROOT } from '../support/engine-run.ts';
import { REASONS, sendBadRecords } from './bad-records.ts';

let stateDir: string;
let npmStart: ChildProcessWithoutNullStreams;
let result: Record<string, unknown>;
let stdout = '';
let stderr = '';
let engine: EngineFile;
let keys: Record<string, string>;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'pde-start-'));
  chmodSync(stateDir, 0o711);
  const flags = [
    '--customers',
    '24',
    '--months',
    '7',
    '--seed',
    '11',
    '--measured-seconds',
    '3',
    '--json',
    '--state-dir',
    stateDir,
  ];
  npmStart = spawn('npm', ['start', '--silent', '--', ...flags], { cwd: ROOT, detached: true });
  npmStart.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  await new Promise<void>((resolve, reject) => {
    npmStart.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.includes('\n')) resolve();
    });
    npmStart.on('exit', (code) => reject(new Error(`npm start ended with ${code}: ${stderr.slice(-2_000)}`)));
  });
  result = JSON.parse(stdout) as Record<string, unknown>;
  engine = JSON.parse(readFileSync(join(stateDir, 'engine.json'), 'utf8')) as EngineFile;
  keys = JSON.parse(readFileSync(join(stateDir, 'api-keys.json'), 'utf8')) as Record<string, string>;
}, 300_000);

afterAll(async () => {
  if (npmStart.exitCode === null && npmStart.signalCode === null && npmStart.pid !== undefined)
    process.kill(-npmStart.pid, 'SIGKILL');
  await removeState(stateDir).catch(() => rmSync(stateDir, { recursive: true, force: true }));
});

function call(method: string, path: string, o: { key?: string | null; body?: string } = {}): Promise<Response> {
  const key = o.key === undefined ? keys.client : o.key;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (key !== null) headers.authorization = `Bearer ${key}`;
  return fetch(new URL(path, engine.gatewayUrl), {
    method,
    headers,
    ...(o.body === undefined ? {} : { body: o.body }),
  });
}

/** The `pde` command on this engine; what stands after `--` is the simulator's. */
function pde(...args: string[]) {
  const own = args.includes('--') ? args.indexOf('--') : args.length;
  const all = [...args.slice(0, own), '--state-dir', stateDir, ...args.slice(own)];
  return spawnSync('npm', ['run', '--silent', 'pde', '--', ...all], { cwd: ROOT, encoding: 'utf8' });
}

async function aCustomer(): Promise<string> {
  const response = await call('GET', '/high_risk_customers?page_size=1&min_risk_level=RISK_LEVEL_LOW');
  const { customers } = (await response.json()) as { customers: { customer_id: string }[] };
  return customers[0]!.customer_id;
}

describe('npm start --json', () => {
  it('prints one JSON object in which every record is accounted for', () => {
    expect(result).toMatchObject({ reconciled: true, failed_checks: [], refused: 0 });
    const { transactions, ledger, duplicates, dead_letters } = result as Record<string, number>;
    expect(transactions).toBeGreaterThan(5_000);
    expect(ledger! + duplicates! + dead_letters!).toBe(transactions);
    expect(result.interventions).toBeGreaterThan(0);
    expect(result.suppressed).toBeGreaterThan(0);
    expect(result.e2e_ms).toMatchObject({ p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) });
    expect(stdout.trim().split('\n')).toHaveLength(1);
  });
});

describe('the five public calls', () => {
  it('predict, twice with one key, answers the same score with its reasons', async () => {
    const body = JSON.stringify({ customer_id: await aCustomer(), idempotency_key: 'e2e-predict-1' });
    const first = (await (await call('POST', '/predict', { body })).json()) as { prediction: Record<string, unknown> };
    const again = (await (await call('POST', '/predict', { body })).json()) as typeof first;
    expect(first.prediction.prediction_id).toBe(again.prediction.prediction_id);
    expect(first.prediction.summary).toMatch(/in 1,?0*/);
    expect(first.prediction.probability).toBeGreaterThan(0);
  });

  it('batch_predict answers each on its own', async () => {
    const requests = [
      { customer_id: await aCustomer(), idempotency_key: 'e2e-batch-1' },
      { customer_id: 'nobody', idempotency_key: 'e2e-batch-2' },
    ];
    const response = await call('POST', '/batch_predict', { body: JSON.stringify({ requests }) });
    const { results } = (await response.json()) as { results: Record<string, { code?: string }>[] };
    expect(results[0]).toHaveProperty('prediction');
    expect(results[1]?.error?.code).toBe('not_found');
  });

  it('stats, high-risk customers and history agree with the summary', async () => {
    const stats = (await (await call('GET', '/stats')).json()) as Record<string, string>;
    expect(Number(stats.interventions)).toBeGreaterThanOrEqual(Number(result.interventions));
    const customer = await aCustomer();
    const history = (await (await call('GET', `/customer/${customer}/history?page_size=5`)).json()) as {
      decisions: unknown[];
    };
    expect(history.decisions).toHaveLength(5);
  });

  it.each([
    ['an unknown customer', 'GET', '/customer/nobody/history', {}, 404],
    [
      'an unknown customer to score',
      'POST',
      '/predict',
      { body: '{"customer_id":"nobody","idempotency_key":"e2e-nobody"}' },
      404,
    ],
    ['no key', 'GET', '/stats', { key: null }, 401],
    ['a malformed body', 'POST', '/predict', { body: '{"customer_id":"a b","idempotency_key":"e2e-bad-1"}' }, 400],
    ['a body that is no JSON', 'POST', '/predict', { body: '{' }, 400],
  ])('refuse %s', async (_, method, path, options, status) => {
    const response = await call(method, path, options);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });

  it('name the field that is wrong', async () => {
    const response = await call('POST', '/predict', { body: '{"customer_id":"a b","idempotency_key":"e2e-bad-2"}' });
    expect(JSON.stringify(await response.json())).toContain('customer_id');
  });

  it('refuse a key without the role', async () => {
    const body = JSON.stringify({ customer_id: await aCustomer(), idempotency_key: 'e2e-role-1' });
    expect((await call('POST', '/predict', { key: keys.auditor!, body })).status).toBe(403);
  });
});

describe('gRPC', () => {
  const getModel = (metadata: grpc.Metadata): Promise<{ code: number; name: string }> => {
    const client = new grpc.Client(new URL(engine.rpc.scoring).host, grpc.credentials.createInsecure());
    return new Promise((resolve) => {
      client.makeUnaryRequest(
        '/pde.scoring.v1.ScoringService/GetModel',
        () => Buffer.from(toBinary(GetModelRequestSchema, { $typeName: 'pde.scoring.v1.GetModelRequest' })),
        (bytes) => fromBinary(GetModelResponseSchema, bytes),
        null,
        metadata,
        (error, response) => {
          client.close();
          resolve({ code: error?.code ?? 0, name: response?.model?.name ?? '' });
        },
      );
    });
  };

  it('answers a plain gRPC client with a key', async () => {
    const metadata = new grpc.Metadata();
    metadata.set('authorization', `Bearer ${keys.client}`);
    expect(await getModel(metadata)).toEqual({ code: grpc.status.OK, name: 'synthetic' });
  });

  it('refuses one without', async () => {
    expect(await getModel(new grpc.Metadata())).toEqual({ code: grpc.status.UNAUTHENTICATED, name: '' });
  });
});

describe('the pde command beside it', () => {
  it('scores a customer in words, and explains that score', async () => {
    const { status, stdout: text } = pde('score', await aCustomer());
    expect(status).toBe(0);
    expect(text).toMatch(/features known; model synthetic/);
    const [, predictionId] = /prediction (\S+)$/m.exec(text)!;
    const explained = pde('explain', predictionId!);
    expect(explained.stdout).toMatch(/all else \(\d+ more that count\)\nA lower level would have been given/);
    expect(explained.status).toBe(0);
  });

  it('reconciles', () => {
    const { status, stdout: text } = pde('reconcile', '--json');
    expect(JSON.parse(text)).toMatchObject({ reconciled: true });
    expect(status).toBe(0);
  });

  it('finds broker and registry equal to the contract', () => {
    const { status, stdout: text } = pde('topics', '--json');
    expect(JSON.parse(text)).toEqual({ equal: true, differences: [] });
    expect(status).toBe(0);
  });

  it('lists no dead letters where nothing was wrong', () => {
    expect(JSON.parse(pde('dead-letters', 'list', '--json').stdout)).toEqual([]);
  });
});

describe('records that nobody can process', () => {
  interface Listed {
    readonly dead_letter_id: string;
    readonly reason: string;
  }
  const listed = () => JSON.parse(pde('dead-letters', 'list', '--json').stdout) as Listed[];
  const reasons = () =>
    listed()
      .map(({ reason }) => reason)
      .sort();
  const reconciliation = () => JSON.parse(pde('reconcile', '--json').stdout) as { reconciled: boolean };

  it('become one dead letter each while the stream goes on, and everything reconciles', async () => {
    await sendBadRecords(engine, await aCustomer());
    await vi.waitFor(() => expect(reasons()).toEqual(REASONS), { timeout: 20_000 });
    expect(reconciliation()).toMatchObject({ reconciled: true });
  });

  it('can be replayed, once, and what is still bad is a dead letter again', async () => {
    const { dead_letter_id: id } = listed().find(({ reason }) => reason === 'BAD_FRAMING')!;
    expect(pde('dead-letters', 'replay', id)).toMatchObject({ status: 0 });
    await vi.waitFor(() => expect(reasons()).toEqual(['BAD_FRAMING', ...REASONS]), { timeout: 20_000 });
    expect(pde('dead-letters', 'replay', id)).toMatchObject({
      status: 1,
      stderr: 'pde: it was replayed before: set force to replay it again\n',
    });
  });

  it('a bank that is streamed again from its start is all duplicates', async () => {
    const { stdout: text } = pde('simulate', '--json', '--', '--restart', '--total', '50');
    expect(JSON.parse(text)).toMatchObject({ sent: 50, acknowledged_ids: result.ledger });
    await vi.waitFor(() => expect(reconciliation()).toMatchObject({ reconciled: true }), { timeout: 20_000 });
  });
});

describe('Ctrl-C', () => {
  it('stops everything, says nothing of errors and leaves nothing running', async () => {
    const ended = new Promise<number | string | null>((resolve) =>
      npmStart.on('exit', (code, signal) => resolve(code ?? signal)),
    );
    process.kill(-npmStart.pid!, 'SIGINT');
    expect([130, 'SIGINT']).toContain(await ended);
    expect(stderr.trim().split('\n').at(-1)).toMatch(/ stopping$/);
    const left = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
    expect(left.filter((line) => line.includes(stateDir))).toEqual([]);
  });
});
