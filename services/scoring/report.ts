/** What an operator sees of scoring: counts by level, and an alert for every refusal (I7). */
import type { Logger } from '../platform/telemetry/logger.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import type { Composed } from './compose.ts';

export interface Reporter {
  scored(batch: readonly Composed[]): void;
}

export function createReporter(log: Logger, metrics: Metrics): Reporter {
  const scores = metrics.counter('pde_scores_total', 'vectors scored, repeats included, by risk level', ['level']);
  const refused = metrics.counter('pde_scores_refused_total', 'vectors refused: explanation and margin disagree (I7)');
  return {
    scored(batch) {
      for (const row of batch) {
        if (row.kind === 'scored') {
          scores.inc({ level: row.prediction.riskLevel });
          continue;
        }
        refused.inc();
        const { predictionId, reason, modelVersion } = row.refusal;
        log.error({ event: 'score-refused', alert: true, predictionId, reason, modelVersion });
      }
    },
  };
}
