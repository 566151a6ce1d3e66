/**
 * Generates the code anew into a temporary folder and compares it with what is committed in gen/: exits 1 and names the
 * files that differ. gen/ is never edited by hand.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const bin = join(root, 'node_modules', '.bin');

function filesBelow(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path, 'utf8')];
    }),
  );
}

const fresh = mkdtempSync(join(tmpdir(), 'pde-gen-'));
try {
  const generated = spawnSync(join(bin, 'buf'), ['generate', '--output', fresh], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
  });
  if (generated.status !== 0) process.exit(1);
  const expected = filesBelow(join(fresh, 'gen'));
  const actual = filesBelow(join(root, 'gen'));
  const names = new Set([...expected.keys(), ...actual.keys()]);
  const differing = [...names].filter((name) => expected.get(name) !== actual.get(name));
  for (const name of differing)
    process.stderr.write(`gen/${name} is not what the contract generates: run npm run generate\n`);
  process.exitCode = differing.length === 0 && expected.size > 0 ? 0 : 1;
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
