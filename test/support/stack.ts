/** The project's stack, as seen from a test file. */
import { inject } from 'vitest';
import { type Stack, stackFrom } from '../../services/stack/stack.ts';
import './stack-setup.ts';

/** Addresses and credentials of the stack that stack-setup.ts started. */
export function testStack(): Pick<Stack, 'stateDir' | 'postgres' | 'kafka' | 'registry' | 'facts'> {
  return stackFrom(inject('stack'));
}
