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

/** The summary, read through the public interface. */
export async function summaryText(result: StartResult, gatewayUrl: string, clientKey: string): Promise<string> {
  const gateway = createGatewayClient(gatewayUrl, clientKey);
  const [stats, highRisk] = await Promise.all([
    gateway.get<StatsJson>('/stats'),
    gateway.get<{ customers: readonly PredictionJson[] }>(
      `/high_risk_customers?page_size=${EXAMPLES}&min_risk_level=RISK_LEVEL_MEDIUM`,
    ),
  ]);
  const lines = [
    '',
    `Bank: ${result.bank}`,
    `  ${result.transactions.toLocaleString('en')} transactions = ${result.ledger.toLocaleString('en')} in the ledger + ${result.duplicates} duplicates + ${result.dead_letters} dead letters`,
    `  ${result.predictions.toLocaleString('en')} scores of ${stats.customers} customers; latest levels: ${countsText(stats.customers_by_level)}`,
    `  ${result.interventions} interventions: ${countsText(stats.interventions_by_type)}`,
    `  ${result.suppressed} times a customer above LOW was left alone; every reason: ${countsText(stats.suppressed_by_reason)}`,
    `  reconciled: ${result.reconciled ? 'yes, nothing lost and nothing twice' : 'NO'}`,
    ...result.failed_checks.map((check) => `    ${check}`),
    ...latencyLines(result),
    '',
    highRisk.customers.length > 0 ? 'Customers at highest risk:' : 'No customer is above LOW.',
    ...highRisk.customers.map((customer) => `  ${predictionText(customer)}`),
    '',
  ];
  return `${lines.join('\n')}\n`;
}

/** How to ask for more. */
export function addressText(gatewayUrl: string, clientKey: string): string {
  const curl = (path: string) => `  curl -s -H 'authorization: Bearer ${clientKey}' ${gatewayUrl}${path}`;
  return `${[
    `The engine is up. API: ${gatewayUrl} (OpenAPI at /openapi.json), key: ${clientKey}`,
    curl('/stats'),
    curl("'/high_risk_customers?page_size=5'"),
    `  curl -s -H 'authorization: Bearer ${clientKey}' -H 'content-type: application/json' \\`,
    `    -d '{"customer_id": "CUSTOMER", "idempotency_key": "my-first-call"}' ${gatewayUrl}/predict`,
    curl('/customer/CUSTOMER/history'),
    'In another terminal: npm run --silent pde -- score CUSTOMER, npm run --silent pde -- reconcile. Ctrl-C stops everything.',
  ].join('\n')}\n`;
}

function countsText(counts: Readonly<Record<string, string>>): string {
  const entries = Object.entries(counts).filter(([, count]) => count !== '0');
  return entries.length === 0 ? 'none' : entries.map(([name, count]) => `${count} ${name}`).join(', ');
}

function latencyLines(result: StartResult): string[] {
  const { e2e_ms: latency } = result;
  if (latency === null) return [];
  return [
    `  transaction to decision: p50 ${latency.p50} ms, p95 ${latency.p95} ms, p99 ${latency.p99} ms (${latency.decisions} decisions, ${latency.stretch})`,
  ];
}
