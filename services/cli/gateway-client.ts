/** The public REST interface, as an outside client would call it. */

/** A refusal of the gateway: RFC 9457 problem details. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface GatewayClient {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
}

const TIMEOUT_MS = 30_000;

export function createGatewayClient(url: string, apiKey: string): GatewayClient {
  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as T & Problem;
    if (!response.ok) throw new ProblemError(response.status, describe(answer));
    return answer;
  }
  return {
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
  };
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly violations?: readonly { readonly field: string; readonly message: string }[];
}

function describe(problem: Problem): string {
  const violations = (problem.violations ?? []).map(({ field, message }) => `${field} ${message}`);
  if (violations.length > 0) return violations.join('; ');
  return problem.detail ?? problem.title ?? 'refused';
}

/** A prediction as the gateway answers it (snake_case JSON of pde.scoring.v1.Prediction). */
export interface PredictionJson {
  readonly prediction_id: string;
  readonly customer_id: string;
  readonly observation_time: string;
  readonly probability: number;
  readonly horizon_days: number;
  readonly risk_score: number;
  readonly risk_level: string;
  readonly eligibility: string;
  readonly summary: string;
  readonly top_reasons: readonly { readonly feature: string; readonly contribution: number; readonly text: string }[];
  readonly other_contributions: number;
  readonly model_name: string;
  readonly model_version: string;
  readonly features_known: number;
  readonly features_total: number;
}

/** A prediction in words, a few lines. */
export function predictionText(prediction: PredictionJson): string {
  const level = prediction.risk_level.replace('RISK_LEVEL_', '').toLowerCase();
  const reasons = prediction.top_reasons.map(({ text, contribution }) => `    + ${contribution.toFixed(2)}  ${text}`);
  return [
    `${prediction.customer_id}: ${level} risk, ${prediction.summary} (within ${prediction.horizon_days} days, as of ${prediction.observation_time.slice(0, 16).replace('T', ' ')} UTC)`,
    ...reasons,
    `    ${prediction.features_known} of ${prediction.features_total} features known; model ${prediction.model_name} ${prediction.model_version}; prediction ${prediction.prediction_id}`,
  ].join('\n');
}
