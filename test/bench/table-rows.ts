/** What each bench's JSON comes to in the table of README.md: known by its keys, checked where it is read. */

/** measured · figure · beside it · goal */
export type Row = readonly [string, string, string, string];

export interface Report {
  readonly command: string;
  /** Place in the table. */
  readonly order: number;
  readonly rows: readonly Row[];
  /** Machine, date and versions in one line. */
  readonly conditions: string;
}

type Json = Readonly<Record<string, unknown>>;

interface Kind {
  readonly command: string;
  readonly isOf: (json: Json) => boolean;
  readonly rows: (json: Json) => readonly Row[];
}

const KINDS: readonly Kind[] = [
  {
    command: '`bench:pipeline`',
    isOf: (json) => 'transactions_per_s' in json,
    rows: pipelineRows,
  },
  { command: '`bench:latency`', isOf: (json) => 'e2e_ms' in json, rows: latencyRows },
  { command: '`bench:growth`', isOf: (json) => 'cost_us' in json, rows: growthRows },
  { command: '`bench:features`', isOf: (json) => 'bytes_per_customer_at_100' in json, rows: featuresRows },
  { command: '`bench:shap`', isOf: (json) => list(json, 'results').some((row) => 'xgboost_us' in row), rows: shapRows },
  {
    command: '`bench:score`',
    isOf: (json) => list(json, 'results').some((row) => 'loop_blocked_p99_ms' in row),
    rows: scoreRows,
  },
];

/** @returns null where the JSON is of no bench that has a row */
export function reportOf(json: Json, date: string): Report | null {
  const order = KINDS.findIndex((kind) => kind.isOf(json));
  const kind = KINDS[order];
  if (kind === undefined) return null;
  return { command: kind.command, order, rows: kind.rows(json), conditions: conditionsOf(json, date) };
}

function pipelineRows(json: Json): readonly Row[] {
  const seconds = Math.round(number(object(json, 'engine'), 'seconds'));
  const share = percent(number(json, 'triggered_share'));
  const figure = `${whole(json, 'transactions_per_s')} transactions/s over ${seconds} s, ${share} triggered`;
  const [alone, beside] = [fraction(json, 'fraction_of_copier'), fraction(json, 'fraction_of_copier_beside_producer')];
  return [
    [
      'produce to decided, all parts on one machine',
      figure,
      `${alone} of a plain copier that reads the log alone (${whole(json, 'copier_transactions_per_s')}/s); ${beside} of one that runs beside the producer as the engine does (${whole(json, 'copier_beside_producer_transactions_per_s')}/s)`,
      '0.3 of the copier; 5,000/s',
    ],
  ];
}

function latencyRows(json: Json): readonly Row[] {
  const [ours, bare, ratio] = [object(json, 'e2e_ms'), object(json, 'bare_ms'), object(json, 'ratio')];
  const ms = (from: Json): string => `p50 ${number(from, 'p50')} ms, p99 ${number(from, 'p99')} ms`;
  return [
    [
      `scheduled send to decision committed, ${whole(json, 'rate')}/s`,
      ms(ours),
      `${fraction(ratio, 'p50')}x and ${fraction(ratio, 'p99')}x of two bare hops (${ms(bare)})`,
      'p50 2.5x, p99 1.5x',
    ],
  ];
}

function growthRows(json: Json): readonly Row[] {
  const [customers, costs] = [numbers(json, 'customers'), numbers(json, 'cost_us')];
  const [least, most] = [Math.min(...costs), Math.max(...costs)];
  const [first, last] = [grouped(customers[0]!), grouped(customers.at(-1)!)];
  return [
    [
      `processor time a transaction at ${whole(json, 'rate')}/s, ${first} to ${last} customers, each new to memory`,
      `${costs.map((cost) => Math.round(cost)).join(', ')} us`,
      `${percent((most - least) / least)} between the cheapest and the dearest`,
      'within 20 %',
    ],
  ];
}

function featuresRows(json: Json): readonly Row[] {
  const vector = list(json, 'results').find((row) => row.entries === 100 && row.history === 'new') ?? {};
  const figure = `${number(vector, 'vector_us')} us warm, ${number(vector, 'vector_cold_us')} us cold`;
  return [
    ['one feature vector over 100 transactions', figure, '', '10 us'],
    ['memory of a cached customer, 100 entries', `${whole(json, 'bytes_per_customer_at_100')} bytes`, '', '4 KB'],
  ];
}

function shapRows(json: Json): readonly Row[] {
  return list(json, 'results').map((row) => [
    `exact SHAP, ${number(row, 'trees')} trees of depth ${number(row, 'depth')}, batch ${grouped(number(row, 'batch'))}`,
    `${number(row, 'ours_us')} us a row`,
    `${number(row, 'ratio')}x faster than XGBoost's own (${number(row, 'xgboost_us')} us)`,
    number(row, 'batch') === 1 ? '20x' : number(row, 'batch') === 1_000 ? '50x' : '',
  ]);
}

function scoreRows(json: Json): readonly Row[] {
  const explained = list(json, 'results').filter((row) => row.explanation === 'with');
  return explained
    .filter((row) => row.batch === 1 || row.batch === 256)
    .map((row) => [
      `ScoreFeatures over gRPC, explained and stored, batch ${number(row, 'batch')}`,
      `${whole(row, 'rows_per_s')} rows/s, p99 ${number(row, 'p99_ms')} ms`,
      '',
      '',
    ]);
}

function conditionsOf(json: Json, date: string): string {
  const machine = 'machine' in json ? object(json, 'machine') : {};
  const versions = 'versions' in json ? object(json, 'versions') : {};
  const cores = machine.cores ?? machine.cpus;
  const load = machine.load_average_1m ?? machine.load_average;
  const told = [
    date,
    ...(machine.cpu === undefined ? [] : [`${machine.cpu}, ${cores} cores`]),
    ...(machine.memory_gb === undefined ? [] : [`${machine.memory_gb} GB`]),
    ...(typeof load === 'number' ? [`load ${load.toFixed(1)} at its start`] : []),
    ...(machine.node === undefined ? [] : [`node ${machine.node}`]),
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
  ];
  return told.join(', ');
}

function number(from: Json, name: string): number {
  const value = from[name];
  if (typeof value !== 'number') throw new Error(`${name} is no number`);
  return value;
}

function numbers(from: Json, name: string): readonly number[] {
  const value = from[name];
  if (!Array.isArray(value) || value.some((one) => typeof one !== 'number')) throw new Error(`${name} are no numbers`);
  return value;
}

function object(from: Json, name: string): Json {
  const value = from[name];
  if (typeof value !== 'object' || value === null) throw new Error(`${name} is no object`);
  return value as Json;
}

function list(from: Json, name: string): readonly Json[] {
  const value = from[name];
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function whole(from: Json, name: string): string {
  return grouped(Math.round(number(from, name)));
}

function fraction(from: Json, name: string): string {
  return number(from, name).toFixed(2);
}

function grouped(value: number): string {
  return value.toLocaleString('en');
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
