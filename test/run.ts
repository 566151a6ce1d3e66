/**
 * `npm test` and `npm run check`: everything that must hold, one step after the other (two cores), ending with a plain count.
 *
 *   node test/run.ts                  all steps
 *   node test/run.ts check            generated code, contract, format, lint, boundaries, types; no tests
 *   node test/run.ts unit e2e …       only these test projects
 *
 * Exits 0 only if every step passed and at least one test ran where tests were asked for.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

interface Step {
  readonly name: string;
  readonly command: readonly string[];
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const root = join(import.meta.dirname, '..');
const bin = join(root, 'node_modules', '.bin');

const checks: readonly Step[] = [
  { name: 'contract: lint', command: ['buf', 'lint'] },
  { name: 'contract: format', command: ['buf', 'format', '--diff', '--exit-code', 'proto'] },
  {
    name: 'contract: breaking',
    command: ['buf', 'breaking', 'proto', '--against', 'proto/baseline.binpb'],
  },
  { name: 'generated code is the contract’s', command: ['node', 'test/contract/generated.ts'] },
  { name: 'format and lint', command: ['biome', 'ci', '--colors=off', '--max-diagnostics=10', '.'] },
  { name: 'boundaries', command: ['depcruise', '--config', '.dependency-cruiser.mjs', 'services', 'gen'] },
  { name: 'types', command: ['tsc', '-p', '.'] },
  { name: 'types: the domain is pure', command: ['tsc', '-p', 'services/domain'] },
];

const projects = ['unit', 'contract', 'integration', 'faults', 'e2e'] as const;

function run(command: readonly string[]): Promise<number> {
  const [file, ...args] = command as [string, ...string[]];
  const child = spawn(file === 'node' ? process.execPath : join(bin, file), args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NODE_OPTIONS: '--disable-warning=TimeoutNegativeWarning' },
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : 1));
  });
}

async function timed(name: string, work: () => Promise<boolean>): Promise<boolean> {
  const startedMs = performance.now();
  process.stdout.write(`\n── ${name}\n`);
  const passed = await work();
  process.stdout.write(
    `── ${name}: ${passed ? 'ok' : 'FAILED'} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)\n`,
  );
  return passed;
}

/** Runs one vitest project and adds its counts; a project that ran no test has failed. */
async function runProject(project: string, counts: Counts, directory: string): Promise<boolean> {
  const report = join(directory, `${project}.json`);
  const code = await run([
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=dot',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  const result = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
  const passed = result.numPassedTests ?? 0;
  counts.passed += passed;
  counts.failed += result.numFailedTests ?? 0;
  counts.skipped += (result.numPendingTests ?? 0) + (result.numTodoTests ?? 0);
  return code === 0 && passed > 0;
}

async function main(): Promise<number> {
  const { positionals } = parseArgs({ allowPositionals: true });
  const unknown = positionals.filter((name) => name !== 'check' && !(projects as readonly string[]).includes(name));
  if (unknown.length > 0) {
    process.stderr.write(`unknown step ${unknown.join(', ')}: choose from check, ${projects.join(', ')}\n`);
    return 2;
  }
  const wanted = positionals.length === 0 ? ['check', ...projects] : positionals;
  const directory = mkdtempSync(join(tmpdir(), 'pde-test-'));
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  const failures: string[] = [];
  try {
    for (const step of wanted.includes('check') ? checks : []) {
      if (!(await timed(step.name, async () => (await run(step.command)) === 0))) failures.push(step.name);
    }
    for (const project of projects.filter((name) => wanted.includes(name))) {
      if (!(await timed(`tests: ${project}`, () => runProject(project, counts, directory)))) failures.push(project);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  if (failures.length > 0) process.stdout.write(`\nfailed: ${failures.join(', ')}\n`);
  const failed = Math.max(counts.failed, failures.length);
  if (wanted.some((name) => name !== 'check')) {
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
    process.stdout.write(`\n${counts.passed} passed, ${failed} failed${skipped}\n`);
  }
  return failures.length === 0 ? 0 : 1;
}

process.exitCode = await main();
