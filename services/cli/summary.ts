/** What `pde start` says to a person: what was found, three customers with their reasons, and how to ask for more. */
import { createGatewayClient, type PredictionJson, predictionText } from './gateway-client.ts';
import type { StartResult } from './result.ts';

const EXAMPLES = 3;

interface StatsJson {
  readonly customers: string;
  readonly customers_by_level: Readonly<Record<string, string>>;
  readonly interventions_by_type: Readonly<Record<string, string>>;
  readonly suppressed_by_reason: Readonly<Record<string, string>>;
}

/** What the engine has found, as the public interface tells it. */
export interface Findings {
  readonly stats: StatsJson;
  /** At highest risk, first the highest; few. */
  readonly examples: readonly PredictionJson[];
}

/** Levels in words, the gravest first. */
const LEVELS = { CRITICAL: 'critical', HIGH: 'high', MEDIUM: 'medium', LOW: 'low' };

/** Reasons to leave somebody alone whose risk is above low, in words. */
const REASONS = {
  NO_CONSENT_RECORD: 'no consent on record for the channel',
  CONSENT_REFUSED: 'consent for the channel refused or withdrawn',
  UNKNOWN_TIME_ZONE: 'time zone unknown, so no hour is safe to call at',
  ALREADY_OPEN: 'an offer of this level or a higher one is still open',
  COOL_DOWN: 'contacted too recently',
  NOT_ELIGIBLE: 'nothing to prevent: nothing due, late already, closed or forborne',
  STALE: 'seen too late to act on',
  TOO_LITTLE_KNOWN: 'too little known of the customer',
  POLICY_UNREADABLE: 'the policy could not be read',
  CUSTOMER_STOPPED: 'the bank said to stop',
};

export async function readFindings(gatewayUrl: string, clientKey: string): Promise<Findings> {
  const gateway = createGatewayClient(gatewayUrl, clientKey);
  const [stats, { customers: examples }] = await Promise.all([
    gateway.get<StatsJson>('/stats'),
    gateway.get<{ customers: readonly PredictionJson[] }>(
      `/high_risk_customers?page_size=${EXAMPLES}&min_risk_level=RISK_LEVEL_LOW`,
    ),
  ]);
  return { stats, examples };
}

export function summaryText(result: StartResult, { stats, examples }: Findings): string {
  const levels = countsIn(stats.customers_by_level, LEVELS);
  const types = countsIn(stats.interventions_by_type, {});
  const lines = [
    '',
    `Bank: ${result.bank}`,
    `  ${grouped(result.transactions)} transactions: ${grouped(result.ledger)} in the ledger, ${grouped(result.duplicates)} duplicates, ${grouped(result.dead_letters)} dead letters`,
    `  ${grouped(result.predictions)} scores of ${stats.customers} customers; their latest risk: ${listed(levels)}`,
    `  ${grouped(result.interventions)} offers of help: ${listed(types)}`,
    ...suppressionLines(result, stats),
    `  reconciled: ${result.reconciled ? 'yes, nothing lost and nothing twice' : 'NO'}`,
    ...result.failed_checks.map((check) => `    ${check}`),
    ...latencyLines(result),
    '',
    ...(examples.length === 0
      ? ['No customer is scored yet.']
      : ['At highest risk, with the reasons that weigh most:']),
    ...examples.map((customer) => `  ${predictionText(customer)}`),
    '',
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * How to ask for more.
 *
 * @param customerId one to ask for; null: none is scored yet
 */
export function addressText(gatewayUrl: string, clientKey: string, customerId: string | null): string {
  const customer = customerId ?? 'CUSTOMER';
  const curl = (path: string) => `  curl -s -H 'authorization: Bearer ${clientKey}' '${gatewayUrl}${path}'`;
  return `${[
    `The engine is up. API: ${gatewayUrl} (OpenAPI at /openapi.json), key: ${clientKey}`,
    curl('/stats'),
    curl('/high_risk_customers?page_size=5'),
    curl(`/customer/${customer}/history`),
    `${curl('/predict')} -H 'content-type: application/json' \\`,
    `    -d '{"customer_id": "${customer}", "idempotency_key": "first-call-${customer}"}'`,
    'In another terminal:',
    `  npm run --silent pde -- score ${customer}`,
    '  npm run --silent pde -- reconcile',
    'Ctrl-C stops everything.',
  ].join('\n')}\n`;
}

function suppressionLines(result: StartResult, stats: StatsJson): string[] {
  const { LOW_RISK: _, ...aboveLow } = stats.suppressed_by_reason;
  const reasons = countsIn(aboveLow, REASONS).sort((a, b) => b.count - a.count);
  const width = Math.max(0, ...reasons.map(({ count }) => grouped(count).length));
  const colon = reasons.length === 0 ? '' : ':';
  return [
    `  ${grouped(result.suppressed)} times a customer above low risk was left alone${colon}`,
    ...reasons.map(({ count, words }) => `    ${grouped(count).padStart(width)}  ${words}`),
  ];
}

/** Counts above 0, in the order of `words`, then those that it has no words for. */
function countsIn(counts: Readonly<Record<string, string>>, words: Readonly<Record<string, string>>) {
  const names = [...Object.keys(words), ...Object.keys(counts).filter((name) => !(name in words))];
  return names
    .map((name) => ({
      count: Number(counts[name] ?? 0),
      words: words[name] ?? name.toLowerCase().replaceAll('_', ' '),
    }))
    .filter(({ count }) => count > 0);
}

function listed(counts: readonly { readonly count: number; readonly words: string }[]): string {
  return counts.length === 0 ? 'none' : counts.map(({ count, words }) => `${grouped(count)} ${words}`).join(', ');
}

function latencyLines(result: StartResult): string[] {
  const { e2e_ms: latency } = result;
  if (latency === null) return [];
  return [
    `  transaction to decision: half within ${latency.p50} ms, 95 % within ${latency.p95} ms, 99 % within ${latency.p99} ms`,
    `    (${grouped(latency.decisions)} decisions; ${latency.stretch})`,
  ];
}

function grouped(count: number): string {
  return count.toLocaleString('en');
}
