/**
 * Vitest globalSetup: one stack for a whole project, in a temporary directory, without fsync; stopped and removed at the end.
 * Test files reach it by testStack() (stack.ts) and get a database each by createTestDatabase() (database.ts).
 */
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { removeState, type StackFacts, startStack } from '../../services/stack/stack.ts';
import { createTemplateDatabase } from './database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    stack: StackFacts;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stateDir = await mkdtemp(join(tmpdir(), 'pde-test-'));
  // PostgreSQL's user, where root starts it, has to pass through.
  await chmod(stateDir, 0o711);
  const stack = await startStack({ stateDir, durable: false, log: (line) => process.stderr.write(`stack: ${line}\n`) });
  const teardown = async () => {
    await stack.stop();
    await removeState(stateDir);
  };
  try {
    await createTemplateDatabase(stack.postgres);
    project.provide('stack', stack.facts);
    return teardown;
  } catch (cause) {
    await teardown();
    throw cause;
  }
}
