import { describe, expect, it } from 'vitest';
import { Topic } from '../../../gen/pde/topics/v1/topics_pb.ts';
import { aclKey, aclsOf } from './acls.ts';
import { allTopics, subjectOf, topicNamed, topicOf } from './topics.ts';

describe('topics', () => {
  it('are the contract’s, with their options', () => {
    expect(allTopics().map(({ name, partitions }) => [name, partitions])).toEqual([
      ['transactions-stream', 3],
      ['predictions-stream', 3],
      ['interventions-stream', 2],
      ['customer-updates', 2],
      ['dashboard-updates', 1],
      ['dead-letters', 1],
    ]);
    const transactions = topicOf(Topic.TRANSACTIONS_STREAM);
    expect(transactions).toMatchObject({
      retentionMs: 7 * 86_400_000,
      maxRecordBytes: 2 * 1024 * 1024,
      maxValueBytes: 1024 * 1024,
      deadLetter: 'dead-letters',
      compacted: false,
    });
    expect(topicOf(Topic.CUSTOMER_UPDATES)).toMatchObject({ compacted: true, minCompactionLagMs: 7 * 86_400_000 });
    expect(subjectOf(transactions)).toBe('transactions-stream-value');
  });

  it('that the contract does not have are refused', () => {
    expect(() => topicOf(Topic.UNSPECIFIED)).toThrow('not in the contract');
    expect(() => topicNamed('other')).toThrow('not in the contract');
  });

  it('send what cannot be processed to a topic that exists', () => {
    for (const { deadLetter } of allTopics()) {
      if (deadLetter !== null) expect(topicNamed(deadLetter).name).toBe(deadLetter);
    }
  });
});

describe('ACLs', () => {
  const keys = new Set(aclsOf(allTopics()).map(aclKey));

  it('let producers write and consumers read, in groups of their own', () => {
    expect(keys).toContain('simulator|TOPIC|LITERAL|transactions-stream|WRITE');
    expect(keys).toContain('features|TOPIC|LITERAL|transactions-stream|READ');
    expect(keys).toContain('features|GROUP|PREFIXED|features|READ');
  });

  it('let nobody else', () => {
    expect(keys).not.toContain('gateway|TOPIC|LITERAL|transactions-stream|READ');
    expect(keys).not.toContain('scoring|TOPIC|LITERAL|transactions-stream|WRITE');
    expect(keys).not.toContain('simulator|GROUP|PREFIXED|simulator|READ');
  });

  it('stand once each', () => {
    expect(keys.size).toBe(aclsOf(allTopics()).length);
  });
});
