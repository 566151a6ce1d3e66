/** How values are written in sentences; the same digits on any machine. */

export function whole(value: number): string {
  return String(Math.round(Math.abs(value)));
}

export function tenth(value: number): string {
  return (Math.round(value * 10) / 10).toFixed(1);
}

export function share(value: number): string {
  return `${Math.round(value * 100)} %`;
}

/** "3 days", "1 day". */
export function counted(value: number, one: string, many: string): string {
  const n = Math.round(value);
  return `${n} ${n === 1 ? one : many}`;
}

/** "12 % lower" for a drop of 12, "12 % higher" for one of -12. */
export function lower(dropPct: number): string {
  return `${whole(dropPct)} % ${dropPct >= 0 ? 'lower' : 'higher'}`;
}

/** "12 % higher" for a rise of 12, "12 % lower" for one of -12. */
export function higher(risePct: number): string {
  return lower(-risePct);
}
