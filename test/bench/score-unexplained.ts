/** A model that scores and does not explain, for measuring what explaining costs. Never for anything that is acted on (I7). */
import type { Model } from '../../services/scoring/model/load.ts';

/** The model with a kernel that gives the first input all of margin - base value, so that the sum still holds. */
export function unexplained(model: Model): Model {
  const width = model.binding.places.length;
  const { baseValue } = model.kernel;
  /** Margins of a block that is being scored. */
  const known = new WeakMap<ArrayBufferLike, Float32Array>();
  return {
    ...model,
    session: {
      ...model.session,
      async margins(rows, count) {
        const margins = await model.session.margins(rows, count);
        known.set(rows.buffer, margins);
        return margins;
      },
    },
    kernel: {
      ...model.kernel,
      explain(rows, count, out) {
        const first = rows.byteOffset / rows.BYTES_PER_ELEMENT / width;
        const margins = known.get(rows.buffer)!;
        for (let row = 0; row < count; row++) out[row * width] = margins[first + row]! - baseValue;
      },
    },
  };
}
