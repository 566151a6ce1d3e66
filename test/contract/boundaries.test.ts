/** The import rules are only worth having if they fail: each case plants one bad import in a small tree and sees it refused. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
let tree: string;

const innocent = {
  'gen/pde/events/v1/transaction_pb.ts': 'export const event = 1;\n',
  'services/domain/rule.ts': 'export const rule = 1;\n',
  'services/platform/kafka/port.ts': 'export const port = 1;\n',
  'services/features/convert.ts':
    "import { event } from '../../gen/pde/events/v1/transaction_pb.ts';\nimport { rule } from '../domain/rule.ts';\nexport const both = [event, rule];\n",
  'services/scoring/convert.ts': 'export const convert = 1;\n',
  'services/stack/stack.ts': 'export const stack = 1;\n',
  'test/support/thing.ts': 'export const thing = 1;\n',
};

function write(path: string, text: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}

function cruise(): { status: number | null; output: string } {
  const result = spawnSync(
    process.execPath,
    [join(root, 'node_modules/.bin/depcruise'), '--config', '.dependency-cruiser.mjs', 'services', 'gen'],
    { cwd: tree, encoding: 'utf8' },
  );
  return { status: result.status, output: result.stdout + result.stderr };
}

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'pde-boundaries-'));
  for (const file of ['.dependency-cruiser.mjs', 'tsconfig.json', 'package.json'])
    copyFileSync(join(root, file), join(tree, file));
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  for (const [path, text] of Object.entries(innocent)) write(path, text);
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

describe('boundaries', () => {
  it('let good imports pass', () => {
    expect(cruise()).toMatchObject({ status: 0 });
  });

  it.each([
    ['the domain reading a file', 'services/domain/bad.ts', 'node:fs', 'domain-is-pure'],
    [
      'the domain knowing the wire',
      'services/domain/bad.ts',
      '../../gen/pde/events/v1/transaction_pb.ts',
      'domain-is-pure',
    ],
    [
      'a service reaching into another',
      'services/features/bad.ts',
      '../scoring/convert.ts',
      'features-goes-through-the-contract',
    ],
    [
      'the platform knowing a business event',
      'services/platform/kafka/bad.ts',
      '../../../gen/pde/events/v1/transaction_pb.ts',
      'platform-reads-few-contracts',
    ],
    [
      'the platform importing a service',
      'services/platform/kafka/bad.ts',
      '../../scoring/convert.ts',
      'platform-knows-no-business',
    ],
    [
      'the cli importing a service',
      'services/cli/bad.ts',
      '../features/convert.ts',
      'tools-start-services-as-processes',
    ],
    ['a store knowing Kafka', 'services/features/store/bad.ts', '../../platform/kafka/port.ts', 'store-is-sql'],
    ['SQL outside its home', 'services/features/bad.ts', 'pg', 'one-home-for-node-modules-pg'],
    ['the Kafka client outside its home', 'services/scoring/bad.ts', 'kafkajs', 'one-home-for-node-modules-kafkajs'],
    ['production code importing tests', 'services/stack/bad.ts', '../../test/support/thing.ts', 'nobody-imports-tests'],
    ['an import that resolves to nothing', 'services/stack/bad.ts', './nothing.ts', 'unresolvable'],
  ])('refuse %s', (_, path, target, rule) => {
    write(path, `import * as bad from '${target}';\nexport const planted = bad;\n`);
    try {
      const { status, output } = cruise();
      expect(output).toContain(rule);
      expect(status).not.toBe(0);
    } finally {
      rmSync(join(tree, path));
    }
  });
});
