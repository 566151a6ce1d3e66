/** What DESIGN section 2 says of the contract and a linter cannot know. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DescFile, type DescMethod, getOption, hasOption } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { http } from '../../gen/google/api/annotations_pb.ts';
import { file_pde_events_v1_customer_profile } from '../../gen/pde/events/v1/customer_profile_pb.ts';
import { file_pde_events_v1_dashboard_update } from '../../gen/pde/events/v1/dashboard_update_pb.ts';
import { file_pde_events_v1_dead_letter } from '../../gen/pde/events/v1/dead_letter_pb.ts';
import { file_pde_events_v1_intervention } from '../../gen/pde/events/v1/intervention_pb.ts';
import { file_pde_events_v1_prediction } from '../../gen/pde/events/v1/prediction_pb.ts';
import { file_pde_events_v1_transaction } from '../../gen/pde/events/v1/transaction_pb.ts';
import { FeatureService } from '../../gen/pde/features/v1/feature_service_pb.ts';
import { InterventionService } from '../../gen/pde/interventions/v1/intervention_service_pb.ts';
import { OperationsService } from '../../gen/pde/operations/v1/operations_service_pb.ts';
import { access, CleanupPolicy, Role, topic } from '../../gen/pde/options/v1/options_pb.ts';
import { ScoringService } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { TopicSchema } from '../../gen/pde/topics/v1/topics_pb.ts';

const proto = join(import.meta.dirname, '..', '..', 'proto');

const eventFiles: readonly DescFile[] = [
  file_pde_events_v1_transaction,
  file_pde_events_v1_customer_profile,
  file_pde_events_v1_prediction,
  file_pde_events_v1_intervention,
  file_pde_events_v1_dashboard_update,
  file_pde_events_v1_dead_letter,
];

const methods: readonly DescMethod[] = [FeatureService, ScoringService, InterventionService, OperationsService].flatMap(
  (service) => service.methods,
);

const topics = TopicSchema.values.filter((value) => value.number !== 0).map((value) => getOption(value, topic));

describe('events', () => {
  it('are all known here', () => {
    expect(readdirSync(join(proto, 'pde/events/v1'))).toHaveLength(eventFiles.length);
  });

  it.each(eventFiles.map((file) => [file.name, file] as const))('%s stands alone, its event first', (name, file) => {
    const text = readFileSync(join(proto, `${name}.proto`), 'utf8');
    const imports = [...text.matchAll(/^import "(.*)";$/gm)].map((match) => match[1]);
    expect(imports.filter((path) => !path?.startsWith('google/protobuf/'))).toEqual([]);
    expect(text.match(/^(message|enum) /gm)).toEqual(['message ']);
    expect(file.messages).toHaveLength(1);
  });
});

describe('topics', () => {
  it('carry one event each and every event has its topic', () => {
    const carried = topics.map((options) => options.message).sort();
    expect(carried).toEqual(eventFiles.map((file) => file.messages[0]?.typeName).sort());
  });

  it.each(topics.map((options) => [options.name, options] as const))('%s is fully described', (_, options) => {
    expect(options.partitions).toBeGreaterThan(0);
    expect(options.retention?.seconds).toBeGreaterThan(0n);
    expect(options.maxRecordBytes).toBeGreaterThan(0);
    expect(options.producers.length).toBeGreaterThan(0);
    expect(options.consumers.length).toBeGreaterThan(0);
    expect(options.minCompactionLag !== undefined).toBe(options.cleanupPolicy === CleanupPolicy.COMPACT_DELETE);
    const event = eventFiles.flatMap((file) => file.messages).find((message) => message.typeName === options.message);
    expect(event?.fields.map((field) => field.name)).toContain(options.key);
  });

  it('send what cannot be processed to a topic that exists', () => {
    const names = topics.map((options) => options.name);
    const targets = topics.map((options) => options.deadLetter).filter((name) => name !== '');
    expect(targets.filter((name) => !names.includes(name))).toEqual([]);
  });
});

describe('methods', () => {
  it.each(methods.map((method) => [`${method.parent.name}.${method.name}`, method] as const))(
    '%s says who may call it',
    (_, method) => {
      expect(hasOption(method, access)).toBe(true);
      const { roles } = getOption(method, access);
      expect(roles.length).toBeGreaterThan(0);
      expect(roles).not.toContain(Role.UNSPECIFIED);
    },
  );

  it('explain a score to whoever may read it, and to nobody else', () => {
    const rolesOf = (name: string) => getOption(methods.find((method) => method.name === name)!, access).roles;
    expect(rolesOf('ExplainPrediction')).toEqual([Role.CLIENT, Role.OFFICER, Role.AUDITOR]);
    expect(rolesOf('ExplainPrediction')).toEqual(rolesOf('GetPrediction'));
  });

  it('let nobody but operators change what runs', () => {
    const changing = [OperationsService.method.replayDeadLetter, ScoringService.method.promoteModel];
    for (const method of [...changing, ScoringService.method.rollBackModel]) {
      expect(getOption(method, access).roles).toEqual([Role.OPERATOR]);
    }
    expect(getOption(ScoringService.method.listModels, access).roles).toEqual([Role.OPERATOR, Role.AUDITOR]);
  });

  it('map exactly the five public paths to REST', () => {
    const paths = methods
      .filter((method) => hasOption(method, http))
      .map((method) => getOption(method, http).pattern)
      .map((pattern) => `${pattern.case} ${pattern.value}`);
    expect(paths.sort()).toEqual([
      'get /customer/{customer_id}/history',
      'get /high_risk_customers',
      'get /stats',
      'post /batch_predict',
      'post /predict',
    ]);
  });
});
