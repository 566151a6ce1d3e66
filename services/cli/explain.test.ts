import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { CounterfactualOutcome } from '../../gen/pde/scoring/v1/explanation_pb.ts';
import { RiskLevel } from '../../gen/pde/scoring/v1/prediction_pb.ts';
import { ExplainPredictionResponseSchema } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { explanationText } from './commands/explain.ts';

const prediction = {
  customerId: 'C1',
  observationTime: { seconds: 1_700_000_000n, nanos: 0 },
  riskLevel: RiskLevel.HIGH,
  summary: 'about 14 in 100 like this miss a payment',
  topReasons: [
    {
      ...{ feature: 'payment_lateness_days_30d', code: 'PAY-01', value: 1.6, contribution: 0.9 },
      text: 'Payments are 1.6 days late on average',
      customerText: 'Some regular payments were made after their due date',
    },
    { feature: 'cash_share_30d', code: 'CSH-03', contribution: 0.2, text: 'Not known: cash share over 30 days' },
  ],
  otherContributions: -0.31,
};
const contributions = [
  { code: 'PAY-01', contribution: 0.9 },
  { code: 'CSH-03', contribution: 0.2 },
  { code: 'LIQ-01', contribution: -0.31 },
  { code: 'LIQ-02', contribution: 0 },
];

test('an explanation names reasons by code, what the customer may be told, the rest, and what would have helped', () => {
  const answer = create(ExplainPredictionResponseSchema, {
    ...{ prediction, contributions, counterfactualOutcome: CounterfactualOutcome.FOUND },
    counterfactuals: [
      {
        changes: [{ code: 'PAY-01', text: 'Payments are 0.0 days late on average', customerText: 'It would help' }],
        ...{ riskLevel: RiskLevel.LOW, summary: 'about 4 in 100 like this miss a payment' },
      },
    ],
  });
  expect(explanationText(answer).split('\n')).toEqual([
    'C1: high risk, about 14 in 100 like this miss a payment (as of 2023-11-14 22:13 UTC)',
    '    + 0.90  PAY-01  Payments are 1.6 days late on average',
    '                   to the customer: Some regular payments were made after their due date',
    '    + 0.20  CSH-03  Not known: cash share over 30 days',
    '    - 0.31  all else (1 more that count)',
    'A lower level would have been given, had it been otherwise:',
    '    PAY-01  Payments are 0.0 days late on average: low, about 4 in 100 like this miss a payment',
    '                   to the customer: It would help',
  ]);
});

test.each([
  [CounterfactualOutcome.NONE_FOUND, /no plausible change/],
  [CounterfactualOutcome.ALREADY_LOW, /low already/],
  [CounterfactualOutcome.MODEL_NOT_LOADED, /is not loaded/],
])('outcome %i is said in words', (counterfactualOutcome, words) => {
  const answer = create(ExplainPredictionResponseSchema, { prediction, contributions, counterfactualOutcome });
  expect(explanationText(answer).split('\n').at(-1)).toMatch(words);
});
