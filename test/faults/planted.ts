/**
 * `npm run faults:planted -- [NAME…]`: whether the matrix would notice. Plants each bug (planted-bugs.ts) into a copy of the engine, runs
 * the case that has to catch it, and expects it to fail. Exits 0 if each was caught.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenForInterrupt } from '../../services/stack/stack.ts';
import { startLab } from './lab.ts';
import { PLANTED, type PlantedBug } from './planted-bugs.ts';
import { type CaseResult, runWithoutFaults } from './run-case.ts';
import { runPlanted } from './run-planted.ts';

const BANK = { kind: 'synthetic', customers: 16, months: 6, seed: 5 } as const;
const SEED = 1;
/** A bug may show by standing still. */
const RECOVERY_WITHIN_MS = 120_000;

const say = (line: string) => process.stderr.write(`${line}\n`);

function lineOf({ name, caughtBy }: PlantedBug, { lost, duplicated, differing, findings }: CaseResult): string {
  const found = lost + duplicated + differing > 0;
  const counts = `lost ${lost}, duplicated ${duplicated}, differing ${differing}`;
  return `${name}: ${found ? 'caught' : 'NOT CAUGHT'} by ${caughtBy}: ${counts}${found ? `; ${findings[0]?.slice(0, 200)}` : ''}`;
}

async function main(bugs: readonly PlantedBug[]): Promise<void> {
  const interrupt = listenForInterrupt(say);
  const root = await mkdtemp(join(tmpdir(), 'pde-planted-stack-'));
  const lab = await startLab(
    { stateDir: join(root, 'stack'), log: say, durable: false, signal: interrupt.signal },
    false,
  );
  interrupt.guard(lab.stack);
  try {
    const options = { lab, bank: BANK, rate: 0, recoveryWithinMs: RECOVERY_WITHIN_MS };
    const base = await runWithoutFaults(options);
    for (const bug of bugs) {
      const result = await runPlanted(options, bug, SEED, base);
      process.stdout.write(`${lineOf(bug, result)}\n`);
      if (result.lost + result.duplicated + result.differing === 0) process.exitCode = 1;
    }
  } finally {
    await lab.stop();
    await rm(root, { recursive: true, force: true });
  }
}

const names = process.argv.slice(2);
const unknown = names.filter((name) => !PLANTED.some((bug) => bug.name === name));
if (unknown.length > 0) {
  say(`unknown: ${unknown.join(', ')}; known: ${PLANTED.map(({ name }) => name).join(', ')}`);
  process.exitCode = 2;
} else {
  await main(PLANTED.filter(({ name }) => names.length === 0 || names.includes(name)));
}
