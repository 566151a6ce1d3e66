/** Margins by onnxruntime-node on one thread. A row's bits are the same in any batch (LIBRARIES section 5; tested). */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type ComputeMargins, gatherMargins } from './gather.ts';

export interface MarginSession {
  /** Margins (log-odds) of `count` rows of a row-major float32 block, in micro-batches with other calls'; NaN is unknown. */
  readonly margins: ComputeMargins;
  release(): Promise<void>;
}

const INPUT = 'inputs';
const OUTPUT = 'margin';
/** Rows of one run, which blocks the thread: 5 us each for 200 trees of depth 4, 16 us for 300 of depth 6, so at most some 2 ms. */
export const ROWS_PER_RUN = 128;

/** A session over a model with one float32 input [rows, width] and one output [rows, 1]. Throws if it has others. */
export async function createMarginSession(model: Uint8Array, width: number): Promise<MarginSession> {
  const session = await InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
  });
  if (session.inputNames.join() !== INPUT || session.outputNames.join() !== OUTPUT) {
    throw new Error(
      `has inputs ${session.inputNames.join()} and outputs ${session.outputNames.join()}, not ${INPUT} and ${OUTPUT}`,
    );
  }
  async function run(rows: Float32Array, count: number): Promise<Float32Array> {
    const tensor = new Tensor('float32', rows.subarray(0, count * width), [count, width]);
    const { [OUTPUT]: margin } = await session.run({ [INPUT]: tensor });
    if (!(margin?.data instanceof Float32Array) || margin.data.length !== count) {
      throw new Error(`answered ${margin?.dims.join('x')} of ${margin?.type}, not ${count} float32 margins`);
    }
    return margin.data;
  }
  return { margins: gatherMargins(run, width, ROWS_PER_RUN), release: () => session.release() };
}
