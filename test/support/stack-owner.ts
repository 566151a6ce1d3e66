/**
 * Owns a stack in a process of its own: `node test/support/stack-owner.ts DIRECTORY` starts one, prints its facts as one JSON
 * line (see stackFrom in services/stack/stack.ts) and stays up until Ctrl-C. For tests that kill the owner, and for people who
 * develop against a stack.
 */
import { listenForInterrupt, startStack } from '../../services/stack/stack.ts';

const stateDir = process.argv[2];
if (stateDir === undefined) throw new Error('usage: node test/support/stack-owner.ts DIRECTORY');
const log = (line: string) => process.stderr.write(`${line}\n`);
const interrupt = listenForInterrupt(log);
const stack = await startStack({ stateDir, log, signal: interrupt.signal });
interrupt.guard(stack);
process.stdout.write(`${JSON.stringify(stack.facts)}\n`);
setInterval(() => {}, 60_000);
