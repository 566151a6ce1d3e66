/** What the broker acknowledged to the simulator's streams of a bank: the material of I1. */
import { stackFrom } from '../stack/stack.ts';
import type { EngineFile } from './engine-file.ts';
import type { Acknowledged } from './reconcile.ts';
import { runSimulator, type SimulatorHost } from './simulator.ts';

/** What the simulator's `position` answers. */
interface PositionJson {
  /** Distinct ids that were sent and acknowledged, over all streams of the bank. */
  readonly acknowledged: number;
  readonly acknowledged_digest: string;
  readonly streams: readonly { readonly stream: string; readonly next_sequence: number }[];
}

export interface BankPosition {
  /** Transactions before it were sent by the stream of the whole bank, which goes on there. */
  readonly streamed: number;
  readonly acknowledged: Acknowledged;
}

/** Name of the stream without bounds. */
const WHOLE_BANK = 'all';

/** Where the stream of a bank stands. */
export async function bankPosition(root: string, stack: SimulatorHost, bankId: string): Promise<BankPosition> {
  const position = await runSimulator<PositionJson>({ root, stack, args: ['position', '--bank', bankId] });
  return {
    streamed: position.streams.find(({ stream }) => stream === WHOLE_BANK)?.next_sequence ?? 0,
    acknowledged: { count: BigInt(position.acknowledged), idDigest: BigInt(position.acknowledged_digest) },
  };
}

/** The same for a running engine, whose bank is the one it was started with. */
export async function acknowledgedOf(root: string, engine: EngineFile): Promise<Acknowledged> {
  return (await bankPosition(root, stackFrom(engine.stack), engine.bankId)).acknowledged;
}
