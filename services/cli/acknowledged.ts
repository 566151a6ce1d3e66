/** What the broker acknowledged to the simulator's streams, over all banks of the engine: the material of I1. */
import { stackFrom } from '../stack/stack.ts';
import type { EngineFile } from './engine-file.ts';
import type { Acknowledged } from './reconcile.ts';
import { runSimulator, type SimulatorHost } from './simulator.ts';

/** What the simulator's `position` answers. */
interface PositionJson {
  /** Transactions of the bank that were sent and acknowledged, from its start. */
  readonly streamed: number;
  /** Distinct ids among them, over all banks. */
  readonly acknowledged: number;
  readonly acknowledged_digest: string;
}

export interface BankPosition {
  readonly streamed: number;
  readonly acknowledged: Acknowledged;
}

/** Where the stream of a bank stands. */
export async function bankPosition(root: string, stack: SimulatorHost, bankId: string): Promise<BankPosition> {
  const position = await runSimulator<PositionJson>({ root, stack, args: ['position', '--bank', bankId] });
  return {
    streamed: position.streamed,
    acknowledged: { count: BigInt(position.acknowledged), idDigest: BigInt(position.acknowledged_digest) },
  };
}

/** The same for a running engine, whose bank is the one it was started with. */
export async function acknowledgedOf(root: string, engine: EngineFile): Promise<Acknowledged> {
  return (await bankPosition(root, stackFrom(engine.stack), engine.bankId)).acknowledged;
}
