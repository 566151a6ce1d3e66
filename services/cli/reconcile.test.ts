import { describe, expect, it } from 'vitest';
import { type ReconcileInput, reconcile, type ServicePosition } from './reconcile.ts';

const transactions = (over: Partial<ServicePosition['partitions'][number]> = {}) => ({
  topic: 'transactions-stream',
  partition: 0,
  firstOffset: 0n,
  nextOffset: 10n,
  accepted: 8n,
  duplicates: 1n,
  deadLetters: 1n,
  gapless: true,
  ...over,
});

const drained: ReconcileInput = {
  logs: [
    { topic: 'transactions-stream', partition: 0, beginOffset: 0n, endOffset: 10n },
    { topic: 'predictions-stream', partition: 0, beginOffset: 0n, endOffset: 3n },
  ],
  features: {
    service: 'features',
    partitions: [transactions()],
    stored: [
      { kind: 'ledger', count: 8n, idDigest: 77n },
      { kind: 'triggered', count: 4n, idDigest: 100n },
    ],
    outboxes: [{ topic: 'dead-letters', shard: 0, lastPosition: 1n, publishedPosition: 1n }],
  },
  scoring: {
    service: 'scoring',
    partitions: [],
    stored: [
      { kind: 'predictions', count: 3n, idDigest: 90n },
      { kind: 'refused', count: 1n, idDigest: 10n },
      { kind: 'predictions_acted_on', count: 3n, idDigest: 90n },
    ],
    outboxes: [{ topic: 'predictions-stream', shard: 0, lastPosition: 3n, publishedPosition: 3n }],
  },
  interventions: {
    service: 'interventions',
    partitions: [
      transactions({ topic: 'predictions-stream', nextOffset: 3n, accepted: 3n, duplicates: 0n, deadLetters: 0n }),
    ],
    stored: [{ kind: 'decisions', count: 3n, idDigest: 90n }],
    outboxes: [],
  },
  acknowledged: { count: 8n, idDigest: 77n },
};

const failing = (input: ReconcileInput) =>
  reconcile(input)
    .checks.filter((check) => !check.holds)
    .map((check) => check.name);

describe('reconcile', () => {
  it('holds for a drained engine', () => {
    expect(failing(drained)).toEqual([]);
    expect(reconcile(drained).reconciled).toBe(true);
  });

  it.each([
    ['a record that no counter counted', { ...drained.features, partitions: [transactions({ accepted: 7n })] }],
    [
      'a record that is not processed yet',
      { ...drained.features, partitions: [transactions({ nextOffset: 9n, accepted: 7n })] },
    ],
    ['a partition that nobody reads', { ...drained.features, partitions: [] }],
    [
      'a ledger that lacks a counted row',
      {
        ...drained.features,
        stored: [{ kind: 'ledger', count: 7n, idDigest: 77n }, ...drained.features.stored.slice(1)],
      },
    ],
    [
      'another set of triggered rows of the same size',
      { ...drained.features, stored: [drained.features.stored[0]!, { kind: 'triggered', count: 4n, idDigest: 101n }] },
    ],
    [
      'an unpublished dead letter',
      { ...drained.features, outboxes: [{ topic: 'dead-letters', shard: 0, lastPosition: 2n, publishedPosition: 1n }] },
    ],
  ])('fails on %s', (_, features) => {
    expect(reconcile({ ...drained, features }).reconciled).toBe(false);
  });

  it('fails on a decision that is missing', () => {
    const interventions = { ...drained.interventions, stored: [{ kind: 'decisions', count: 2n, idDigest: 60n }] };
    expect(reconcile({ ...drained, interventions }).reconciled).toBe(false);
  });

  it('fails on an acknowledged id that is nowhere', () => {
    expect(failing({ ...drained, acknowledged: { count: 10n, idDigest: 80n } })).toEqual([
      'every acknowledged id is in the ledger or in dead letters (I1)',
    ]);
  });

  it('fails on another set of acknowledged ids of the same size where nothing was dead-lettered', () => {
    const features = { ...drained.features, partitions: [transactions({ accepted: 9n, deadLetters: 0n })] };
    const stored = [{ kind: 'ledger', count: 9n, idDigest: 78n }, ...features.stored.slice(1)];
    const acknowledged = { count: 9n, idDigest: 79n };
    expect(reconcile({ ...drained, features: { ...features, stored }, acknowledged }).reconciled).toBe(false);
  });

  it('holds where another feed produces beside the bank', () => {
    expect(reconcile({ ...drained, acknowledged: { count: 5n, idDigest: 12n } }).reconciled).toBe(true);
  });

  it('tells lost ids from ids that were dead-lettered', () => {
    expect(reconcile({ ...drained, acknowledged: { count: 9n, idDigest: 80n } }).reconciled).toBe(true);
  });
});
