/** `pde explain`: why a customer has a score, and what change would have lowered its level. */
import { toJson } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import {
  type Contribution,
  type Counterfactual,
  CounterfactualOutcome,
} from '../../../gen/pde/scoring/v1/explanation_pb.ts';
import { type Prediction, type Reason, RiskLevel } from '../../../gen/pde/scoring/v1/prediction_pb.ts';
import {
  type ExplainPredictionResponse,
  ExplainPredictionResponseSchema,
} from '../../../gen/pde/scoring/v1/scoring_service_pb.ts';
import type { RunningEngine } from '../engine-file.ts';
import { scoringOf } from '../operations.ts';

const NO_CHANGE: Readonly<Record<CounterfactualOutcome, string>> = {
  [CounterfactualOutcome.UNSPECIFIED]: '',
  [CounterfactualOutcome.FOUND]: '',
  [CounterfactualOutcome.NONE_FOUND]: 'no plausible change of one or two things lowers the level',
  [CounterfactualOutcome.ALREADY_LOW]: 'the level is low already',
  [CounterfactualOutcome.MODEL_NOT_LOADED]: 'the model that made this score is not loaded: no change can be scored',
};

const LEVELS: Readonly<Record<RiskLevel, string>> = {
  [RiskLevel.UNSPECIFIED]: '?',
  [RiskLevel.LOW]: 'low',
  [RiskLevel.MEDIUM]: 'medium',
  [RiskLevel.HIGH]: 'high',
  [RiskLevel.CRITICAL]: 'critical',
};

/** The explanation of one stored score, as an officer may read it. */
export async function explain(
  engine: RunningEngine,
  predictionId: string,
  options: { readonly json?: boolean },
): Promise<string> {
  const answer = await scoringOf(engine, 'officer').explainPrediction({ predictionId });
  if (options.json !== true) return explanationText(answer);
  const form = { useProtoFieldName: true, alwaysEmitImplicit: true } as const;
  return JSON.stringify(toJson(ExplainPredictionResponseSchema, answer, form), null, 2);
}

/** In words: level and reasons with what the customer may be told of them, everything else as one sum, changes that would help. */
export function explanationText(answer: ExplainPredictionResponse): string {
  const prediction = answer.prediction!;
  const changes = answer.counterfactuals.flatMap(changeLines);
  return [
    headLine(prediction),
    ...prediction.topReasons.flatMap(reasonLines),
    `    ${signed(prediction.otherContributions)}  all else (${othersOf(prediction, answer.contributions)} more that count)`,
    'A lower level would have been given, had it been otherwise:',
    ...(changes.length > 0 ? changes : [`    ${NO_CHANGE[answer.counterfactualOutcome]}`]),
  ].join('\n');
}

function headLine({ customerId, riskLevel, summary, observationTime }: Prediction): string {
  const time = timestampDate(observationTime!).toISOString().slice(0, 16).replace('T', ' ');
  return `${customerId}: ${LEVELS[riskLevel]} risk, ${summary} (as of ${time} UTC)`;
}

function reasonLines({ code, text, customerText, contribution }: Reason): string[] {
  const told = customerText === '' ? [] : [`                   to the customer: ${customerText}`];
  return [`    ${signed(contribution)}  ${code}  ${text}`, ...told];
}

function changeLines({ changes, riskLevel, summary }: Counterfactual): string[] {
  const what = changes.map(({ code, text }) => `${code}  ${text}`).join(' and ');
  const told = [...new Set(changes.map(({ customerText }) => customerText))].join('; ');
  return [`    ${what}: ${LEVELS[riskLevel]}, ${summary}`, `                   to the customer: ${told}`];
}

function othersOf({ topReasons }: Prediction, contributions: readonly Contribution[]): number {
  return contributions.filter(({ contribution }) => contribution !== 0).length - topReasons.length;
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'} ${Math.abs(value).toFixed(2)}`;
}
