/**
 * `npm run faults:input`: streams a bank through the whole engine with records among it that are wrong in every way there is, and
 * holds each to what its way says it must get. Exits 0 only where nothing is missing and nothing is wrong.
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { listenForInterrupt, removeState, startStack } from '../../services/stack/stack.ts';
import { createTemplateDatabase } from '../support/database.ts';
import { type InputResult, tryInput } from './input/run.ts';

const HELP = `npm run faults:input -- [flags]

Mixes records that are wrong, in every way there is, 1:10 into a bank's good traffic through the whole engine. Each must be in dead
letters with the right reason and its bytes; everything good must be processed as without them; no service may end or grow. Then
some are mended and replayed: each takes effect exactly once.

  --tried N        records that are wrong, at least (default 2400; every way, and every byte at which a record can be cut off,
                   are among them however few are asked for)
  --seed N         default 1; the same seed gives the same records
  --rate N         of the bank, transactions a second (default 1000; 0: flat out)
  --json           one JSON value on standard output: {tried, wrong, missing, ways, …}
  --help           this text

Progress goes to standard error.
`;

const startedMs = performance.now();
const MONTHS = 8;
/** Of a customer of the synthetic bank in so many months, roughly. */
const TRANSACTIONS_PER_CUSTOMER = 320;
const BANK_SEED = 5;

interface Wanted {
  readonly bad: number;
  readonly seed: number;
  readonly rate: number;
  readonly json: boolean;
}

function say(text: string): void {
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1).padStart(6);
  process.stderr.write(`[${seconds} s] ${text}\n`);
}

/** Null where only help was wanted. Throws Error with a line for a person. */
function readWanted(args: string[]): Wanted | null {
  const { values } = parseArgs({
    args,
    options: {
      tried: { type: 'string', default: '2400' },
      seed: { type: 'string', default: '1' },
      rate: { type: 'string', default: '1000' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  return {
    bad: whole('tried', values.tried),
    seed: whole('seed', values.seed),
    rate: whole('rate', values.rate),
    json: values.json,
  };
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} is ${text}: it takes whole numbers from 0`);
  return value;
}

function report(wanted: Wanted, result: InputResult): void {
  for (const finding of result.findings.slice(0, 40)) say(finding.slice(0, 600));
  const { tried, wrong, missing, bad, good_transactions: good, replay, memory_mb: memory } = result;
  if (wanted.json) {
    process.stdout.write(`${JSON.stringify({ seed: wanted.seed, ...result })}\n`);
    return;
  }
  const ways = Object.keys(result.ways).length;
  process.stdout.write(
    `${tried} records in ${ways} ways, ${bad} of them bad, among ${good} good ones: missing ${missing}, wrong ${wrong}\n` +
      `${replay.replayed} replayed after a fix, ${replay.mended} of them mended\n` +
      `memory in MB, before and after: ${JSON.stringify(memory)}\n`,
  );
}

async function main(wanted: Wanted): Promise<number> {
  const interrupt = listenForInterrupt(say);
  const root = mkdtempSync(join(tmpdir(), 'pde-input-'));
  const stateDir = join(root, 'stack');
  mkdirSync(stateDir);
  // PostgreSQL's user, where root starts it, has to pass through.
  await Promise.all([chmod(root, 0o711), chmod(stateDir, 0o711)]);
  const stack = await startStack({ stateDir, log: say, signal: interrupt.signal });
  interrupt.guard(stack);
  const { bad, seed, rate } = wanted;
  const customers = Math.ceil((10 * Math.max(bad, 1_500)) / TRANSACTIONS_PER_CUSTOMER);
  const bank = { kind: 'synthetic' as const, customers, months: MONTHS, seed: BANK_SEED };
  try {
    await createTemplateDatabase(stack.postgres);
    const result = await tryInput({ stack, bank, seed, bad, groups: null, rate, say });
    report(wanted, result);
    return result.missing + result.wrong === 0 ? 0 : 1;
  } finally {
    await stack.stop();
    await removeState(stateDir);
  }
}

try {
  const wanted = readWanted(process.argv.slice(2));
  if (wanted === null) process.stdout.write(HELP);
  else process.exitCode = await main(wanted);
} catch (cause) {
  process.stderr.write(`faults:input: ${cause instanceof Error ? (cause.stack ?? cause.message) : cause}\n`);
  process.exitCode = 2;
}
