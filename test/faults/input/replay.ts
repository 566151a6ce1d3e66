/**
 * `pde dead-letters replay` after a fix: what it mended takes effect exactly once, however often it is replayed, and what is still
 * wrong is a dead letter again.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { writeEngineFile } from '../../../services/cli/engine-file.ts';
import { NEGATIVE_TTL_MS } from '../../../services/platform/registry/schema-resolver.ts';
import { ROOT, type RunningRun } from '../../support/engine-run.ts';
import { execute, type Found, findAll } from './found.ts';
import { registerLate } from './schemas.ts';
import type { Placed } from './send.ts';
import type { Expected } from './sent.ts';
import type { Verdict } from './verdict.ts';
import { NO_STORE } from './ways-of-histories.ts';

export interface Replayed extends Verdict {
  readonly replayed: number;
  /** Of those, how many took effect. */
  readonly mended: number;
}

/** Makes the ledger refuse a merchant, as a mistaken migration would. */
export async function breakStore(run: Pick<RunningRun, 'database'>): Promise<void> {
  await execute(
    run,
    `ALTER TABLE features.ledger ADD CONSTRAINT mistaken CHECK (merchant_id <> '${NO_STORE}') NOT VALID`,
  );
}

export async function replayMended(run: RunningRun, placed: readonly Placed[], found: Found): Promise<Replayed> {
  const mendable = placed.filter(({ mend }) => mend !== undefined);
  const id = await registerLate(run.stack);
  // So long a service may remember that it is unknown.
  await setTimeout(NEGATIVE_TTL_MS);
  await execute(run, 'ALTER TABLE features.ledger DROP CONSTRAINT mistaken');
  writeEngineFile(run.stateDir, run.file);
  const ids = mendable.flatMap((record) => lettersOf(record, found));
  const mended = mendable.filter((record) => isMended(record, id));

  const once = await pde(run, 'replay', ...ids);
  await run.drained();
  const after = await findAll(run);
  const twice = await pde(run, 'replay', ids[0] ?? '');
  const forced = await pde(run, 'replay', '--force', ...mended.flatMap((record) => lettersOf(record, found)));
  await run.drained();
  const again = await findAll(run);

  const findings = [
    ...(mended.some(({ mend }) => mend?.by === 'its schema is registered')
      ? []
      : [`wrong: no record has the late schema's id ${id}`]),
    ...(once.code === 0 ? [] : [`wrong: replay ended with ${once.code}: ${once.said}`]),
    ...(twice.code === 1 ? [] : [`wrong: a second replay ended with ${twice.code} and not with 1: ${twice.said}`]),
    ...(forced.code === 0 ? [] : [`wrong: replay --force ended with ${forced.code}: ${forced.said}`]),
    ...mended.flatMap((record) => effectOf(record, again)),
    ...rowsBeyond(found, again, mended.filter(({ topic }) => topic === 'transactions-stream').length),
    ...newLetters(
      'replay',
      found,
      after,
      mendable.filter((record) => !isMended(record, id)),
    ),
    ...newLetters('replay --force', after, again, []),
  ];
  const missing = findings.filter((finding) => finding.startsWith('missing')).length;
  return { replayed: ids.length, mended: mended.length, missing, wrong: findings.length - missing, findings };
}

function lettersOf({ topic, partition, offset }: Placed, found: Found): string[] {
  return found.letters
    .filter((letter) => letter.topic === topic && letter.partition === partition && letter.offset === offset)
    .map((letter) => letter.id);
}

function isMended({ mend, value }: Placed, lateId: number): boolean {
  return mend?.by !== 'its schema is registered' || value?.readInt32BE(1) === lateId;
}

/** What a mended record must have come to. */
function effectOf({ mend, topic }: Placed, again: Found): string[] {
  return again.stored[topic].flatMap((rows) => {
    const times = rows.filter((row) => row === mend?.stored).length;
    if (times === 1) return [];
    return [`${times === 0 ? 'missing' : 'wrong'}: ${mend?.stored} is stored ${times} times after its replay`];
  });
}

function rowsBeyond(before: Found, now: Found, mended: number): string[] {
  const count = ({ stored }: Found) => stored['transactions-stream'].flat().length;
  const more = count(now) - count(before);
  return more === mended ? [] : [`wrong: ${more} rows more stand in the ledger, where ${mended} records were mended`];
}

/** The dead letters that came: one for each that is still wrong, with its reason of before. */
function newLetters(what: string, before: Found, now: Found, still: readonly Placed[]): string[] {
  const known = new Set(before.letters.map((letter) => letter.id));
  const came = now.letters.filter((letter) => !known.has(letter.id)).map((letter) => letter.reason);
  const due = still.map(({ expected }) => reasonOf(expected));
  const isEqual = JSON.stringify(came.sort()) === JSON.stringify(due.sort());
  return isEqual ? [] : [`wrong: ${what} brought dead letters [${came}] and not [${due}]`];
}

function reasonOf(expected: Expected): string {
  return expected.kind === 'dead' ? expected.reason : expected.kind;
}

/** The command as an operator types it. */
async function pde(run: RunningRun, ...args: string[]): Promise<{ code: number | null; said: string }> {
  const main = join(ROOT, 'services', 'cli', 'main.ts');
  const [command = '', ...rest] = args;
  const all = [main, 'dead-letters', command, '--state-dir', run.stateDir, ...rest];
  const child = spawn(process.execPath, all, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, said: said.trim() }));
  });
}
