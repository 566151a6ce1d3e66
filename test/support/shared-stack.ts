/** A stack of this test file's own, which several whole-engine runs share; started once, stopped and removed at the end. */
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { removeState, type Stack, startStack } from '../../services/stack/stack.ts';
import { createTemplateDatabase } from './database.ts';

/** Call at the top of a test file; the stack is there once the tests run. */
export function useStack(): () => Stack {
  let stack: Stack | undefined;
  let stateDir = '';
  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'pde-stack-'));
    // PostgreSQL's user, where root starts it, has to pass through.
    await chmod(stateDir, 0o711);
    stack = await startStack({ stateDir, durable: false, log: () => undefined });
    await createTemplateDatabase(stack.postgres);
  }, 180_000);
  afterAll(async () => {
    await stack?.stop();
    await removeState(stateDir);
  }, 60_000);
  return () => {
    if (stack === undefined) throw new Error('the stack did not start');
    return stack;
  };
}
