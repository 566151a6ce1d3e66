/** Which inputs raise a risk, and by how much. */
export interface TopFeature {
  /** Name in the catalogue. */
  readonly name: string;
  /** Its value, in the catalogue's unit; NaN: not knowing it is the reason. */
  readonly value: number;
  /** Margin units, above 0. */
  readonly contribution: number;
}

export interface Reasons {
  /** Largest first, at most three; ties in the order of the catalogue. */
  readonly top: readonly TopFeature[];
  /** Sum of all other contributions, in the order of the catalogue. */
  readonly rest: number;
}

const MOST_REASONS = 3;

/** The three contributions above 0 that raise the risk most, and the rest as one sum. Arrays in the order of `names`. */
export function reasonsOf(names: readonly string[], values: Float64Array, contributions: Float64Array): Reasons {
  const top: number[] = [];
  let rest = 0;
  for (let i = 0; i < contributions.length; i++) {
    if (contributions[i]! > 0) insert(top, i, contributions);
  }
  for (let i = 0; i < contributions.length; i++) if (!top.includes(i)) rest += contributions[i]!;
  return { top: top.map((i) => ({ name: names[i]!, value: values[i]!, contribution: contributions[i]! })), rest };
}

function insert(top: number[], candidate: number, contributions: Float64Array): void {
  let place = top.length;
  while (place > 0 && contributions[candidate]! > contributions[top[place - 1]!]!) place--;
  if (place === MOST_REASONS) return;
  top.splice(place, 0, candidate);
  top.length = Math.min(top.length, MOST_REASONS);
}
