import { create, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { type Client, Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CustomerProfileSchema } from '../../gen/pde/events/v1/customer_profile_pb.ts';
import { type DashboardUpdate, DashboardUpdateSchema } from '../../gen/pde/events/v1/dashboard_update_pb.ts';
import { type DeadLetter, DeadLetterSchema } from '../../gen/pde/events/v1/dead_letter_pb.ts';
import { type Intervention, InterventionSchema } from '../../gen/pde/events/v1/intervention_pb.ts';
import { PredictionSchema } from '../../gen/pde/events/v1/prediction_pb.ts';
import { InterventionStatus } from '../../gen/pde/interventions/v1/intervention_pb.ts';
import {
  GetCustomerHistoryRequestSchema,
  InterventionService,
} from '../../gen/pde/interventions/v1/intervention_service_pb.ts';
import { SuppressionReason } from '../../gen/pde/interventions/v1/policy_pb.ts';
import { OperationsService } from '../../gen/pde/operations/v1/operations_service_pb.ts';
import { Role } from '../../gen/pde/options/v1/options_pb.ts';
import { Topic } from '../../gen/pde/topics/v1/topics_pb.ts';
import { DEFAULT_CONTACT_POLICY } from '../../services/domain/interventions/policy.ts';
import { readInterventionsConfig } from '../../services/interventions/config.ts';
import { type Connections, connect } from '../../services/interventions/connections.ts';
import { startConsuming } from '../../services/interventions/consuming.ts';
import { serveRpc } from '../../services/interventions/serve-rpc.ts';
import { createKey, createKeyRing } from '../../services/platform/auth/key-ring.ts';
import { readConfig } from '../../services/platform/config/env.ts';
import { derivedId } from '../../services/platform/ids/derived-id.ts';
import { createLogReader } from '../../services/platform/kafka/log-reader.ts';
import { partitionOf } from '../../services/platform/kafka/partition.ts';
import { createProducer } from '../../services/platform/kafka/producer.ts';
import { createScope, type OwnedScope } from '../../services/platform/lifecycle/scope.ts';
import { createEventCodec } from '../../services/platform/registry/codec.ts';
import { createRegistry } from '../../services/platform/registry/registry.ts';
import { createRpcClient } from '../../services/platform/rpc/client.ts';
import { type TopicDefinition, topicOf } from '../../services/platform/topics/topics.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testStack } from '../support/stack.ts';
import {
  applyContract,
  CUSTOMER_UPDATES,
  context,
  HOUR_MS,
  kafkaAs,
  migrateInterventions,
  newCustomer,
  PREDICTIONS,
  predictionEvent,
  profileEvent,
  T0_MS,
} from './interventions-kit.ts';

const stack = testStack();
const registry = createRegistry({ url: stack.registry.url });
const codec = createEventCodec({ registry });
const officer = createKey('olga', [Role.OFFICER, Role.OPERATOR]);
const client = createKey('acme', [Role.CLIENT]);
const bank = kafkaAs('simulator');
const model = kafkaAs('scoring');
const fromBank = createProducer(bank);
const fromModel = createProducer(model);
const listeners: { close(): Promise<void> }[] = [];
let database: TestDatabase;
let service: Running;
let interventions: ReturnType<typeof listen<typeof InterventionSchema>>;
let updates: ReturnType<typeof listen<typeof DashboardUpdateSchema>>;
let deadLetters: ReturnType<typeof listen<typeof DeadLetterSchema>>;

interface Running {
  readonly owned: OwnedScope;
  readonly parts: Connections;
  readonly api: Client<typeof InterventionService>;
  readonly operations: Client<typeof OperationsService>;
  readonly asClient: Client<typeof InterventionService>;
}

/** The service as main.ts wires it, in this process. */
async function start(): Promise<Running> {
  const { username, password } = stack.kafka.credentials('interventions');
  const config = readConfig(
    {
      PDE_POSTGRES_URL: database.url('pde_interventions'),
      PDE_KAFKA_BROKERS: stack.kafka.brokers,
      PDE_KAFKA_USERNAME: username,
      PDE_KAFKA_PASSWORD: password,
      PDE_REGISTRY_URL: stack.registry.url,
      PDE_API_KEYS_FILE: 'given below',
      PDE_INTERVENTIONS_LOW_REPORT_MS: '50',
    },
    readInterventionsConfig,
  );
  const owned = createScope({ name: 'interventions' });
  const { scope } = owned;
  const parts = await connect(scope, config);
  await startConsuming({ scope, config, ...parts, context });
  const keyRing = createKeyRing([officer.record, client.record]);
  const { url } = await serveRpc({ scope, settings: config.rpc, keyRing, ...parts, policy: DEFAULT_CONTACT_POLICY });
  const options = { url, apiKey: officer.key, deadlineMs: 10_000, scope };
  return {
    owned,
    parts,
    api: createRpcClient(InterventionService, options),
    operations: createRpcClient(OperationsService, options),
    asClient: createRpcClient(InterventionService, { ...options, apiKey: client.key }),
  };
}

async function stop({ owned }: Running): Promise<boolean> {
  owned.stop(new Error('the test is over'));
  return await owned.release(20_000);
}

/** Collects a topic's events from its beginning. */
function listen<D extends DescMessage>(topicId: Topic, desc: D) {
  const topic = topicOf(topicId);
  const kafka = kafkaAs('operator');
  const events: MessageShape<D>[] = [];
  const reader = createLogReader({
    kafka,
    topic: topic.name,
    positions: async () => new Map(),
    onRecords: async (partition, records) => {
      for (const { key, value } of records) {
        expect(partition).toBe(partitionOf(key ?? '', topic.partitions));
        const decoded = await codec.decode(topic, desc, value ?? new Uint8Array());
        if (decoded.kind === 'ok') events.push(decoded.message);
      }
    },
    onFatal: (cause) => {
      throw cause;
    },
  });
  listeners.push(reader, kafka);
  return { events, caughtUp: () => reader.caughtUp() };
}

async function tell(...profiles: ReturnType<typeof profileEvent>[]): Promise<void> {
  const encode = await codec.encoder(CUSTOMER_UPDATES, CustomerProfileSchema);
  await fromBank.send(profiles.map((event) => recordOf(CUSTOMER_UPDATES, event.customerId, encode(event))));
}

async function predict(...events: ReturnType<typeof predictionEvent>[]): Promise<void> {
  const encode = await codec.encoder(PREDICTIONS, PredictionSchema);
  await fromModel.send(events.map((event) => recordOf(PREDICTIONS, event.customerId, encode(event))));
}

function recordOf(topic: TopicDefinition, key: string, value: Uint8Array) {
  return { topic: topic.name, partition: partitionOf(key, topic.partitions), key: Buffer.from(key), value };
}

/** The customer's history, once it has so many decisions. */
async function history(customerId: string, decisions: number) {
  return await expect
    .poll(
      async () => {
        const answer = await service.api.getCustomerHistory({ customerId }).catch(() => null);
        return answer?.decisions.length === decisions ? answer : null;
      },
      { timeout: 60_000, interval: 50 },
    )
    .not.toBeNull()
    .then(() => service.api.getCustomerHistory({ customerId }));
}

const eventsOf = <T extends { customerId: string }>(events: readonly T[], customerId: string): T[] =>
  events.filter((event) => event.customerId === customerId);

beforeAll(async () => {
  await applyContract();
  database = await createTestDatabase(stack.postgres);
  await migrateInterventions(database);
  interventions = listen(Topic.INTERVENTIONS_STREAM, InterventionSchema);
  updates = listen(Topic.DASHBOARD_UPDATES, DashboardUpdateSchema);
  deadLetters = listen(Topic.DEAD_LETTERS, DeadLetterSchema);
  service = await start();
});

afterAll(async () => {
  await stop(service);
  await Promise.all([fromBank.close(), fromModel.close()]);
  for (const one of listeners) await one.close();
  await Promise.all([bank.close(), model.close()]);
  await database.drop();
});

describe('a prediction on the stream', () => {
  test('of a customer who consents becomes an intervention: stored, published, and told of on the dashboard', async () => {
    const anna = newCustomer();
    await tell(profileEvent(anna, 1));
    const event = predictionEvent({ customerId: anna, riskScore: 0.6 });
    await predict(event);

    const decisionId = derivedId('decision', event.predictionId);
    const interventionId = derivedId('intervention', decisionId);
    const { decisions } = await history(anna, 1);
    expect(decisions[0]).toMatchObject({
      decisionId,
      predictionId: event.predictionId,
      riskScore: 0.6,
      policyVersion: 'contact-1',
      topReasons: [
        { feature: 'salary_delay_days', value: 9, contribution: 0.7, text: expect.stringMatching(/9/) },
        { feature: 'balance_days_negative_30d', text: 'Not known: balance days negative over 30 days' },
      ],
      result: {
        case: 'intervention',
        value: { interventionId, interventionType: 'proactive_support', channel: 'sms', priority: 2 },
      },
    });
    await expect.poll(() => eventsOf(interventions.events, anna)).toHaveLength(1);
    expect(eventsOf<Intervention>(interventions.events, anna)[0]).toMatchObject({
      interventionId,
      decisionId,
      probability: event.probability,
      horizonDays: 45,
      message: expect.stringContaining('What we noticed: your usual income came later than expected. '),
      reasons: ['salary_delay_days', 'balance_days_negative_30d'],
    });
    await expect.poll(() => eventsOf(updates.events, anna)).toHaveLength(1);
    expect(eventsOf<DashboardUpdate>(updates.events, anna)[0]).toMatchObject({
      decisions: 1,
      interventionId,
      interventionType: 'proactive_support',
      suppressionReason: '',
    });
  });

  test('of a customer without a consent record leads to no contact, with the reason kept and told', async () => {
    const bert = newCustomer();
    await predict(predictionEvent({ customerId: bert, riskScore: 0.9 }));
    const { decisions } = await history(bert, 1);
    expect(decisions[0]?.result).toEqual({
      case: 'suppressionReason',
      value: SuppressionReason.NO_CONSENT_RECORD,
    });
    await expect.poll(() => eventsOf(updates.events, bert)).toMatchObject([{ suppressionReason: 'NO_CONSENT_RECORD' }]);
    await interventions.caughtUp();
    expect(eventsOf(interventions.events, bert)).toEqual([]);
  });

  test('that is acknowledged after a withdrawal finds it: contact is refused', async () => {
    const carl = newCustomer();
    const profile = profileEvent(carl, 1);
    await tell(profile);
    await tell(
      profileEvent(carl, 2, { consents: profile.consents.map((consent) => ({ ...consent, granted: false })) }),
    );
    await predict(predictionEvent({ customerId: carl, riskScore: 0.6 }));
    const { decisions } = await history(carl, 1);
    expect(decisions[0]?.result.value).toBe(SuppressionReason.CONSENT_REFUSED);
  });

  test('LOW ones reach the dashboard as counts that add up', async () => {
    const { decisionsByLevel } = await service.api.getStats({});
    await predict(...Array.from({ length: 40 }, () => predictionEvent({ customerId: newCustomer(), riskScore: 0.1 })));
    const expected = Number(decisionsByLevel.LOW ?? 0n) + 40;
    await expect
      .poll(async () => Number((await service.api.getStats({})).decisionsByLevel.LOW ?? 0n), { timeout: 60_000 })
      .toBe(expected);
    const counted = () => {
      const low = new Map(updates.events.filter((one) => one.customerId === '').map((one) => [one.updateId, one]));
      return [...low.values()].reduce((sum, one) => sum + one.decisions, 0);
    };
    await expect.poll(counted, { timeout: 45_000 }).toBe(expected);
  });
});

describe('a record that cannot be processed', () => {
  test('goes to dead letters with its bytes, and the stream goes on', async () => {
    const key = newCustomer();
    const garbage = Buffer.from(`garbage of ${key}`);
    await fromModel.send([recordOf(PREDICTIONS, key, garbage)]);
    await predict(predictionEvent({ customerId: key, riskScore: 0.1 }));
    await history(key, 1);
    const mine = () => deadLetters.events.filter((one) => Buffer.from(one.originalValue ?? []).equals(garbage));
    await expect.poll(mine, { timeout: 45_000 }).toHaveLength(1);
    expect(mine()[0] as DeadLetter).toMatchObject({ service: 'interventions', topic: PREDICTIONS.name, reason: 1 });
    const { deadLetters: listed } = await service.operations.listDeadLetters({ reason: 'BAD_FRAMING' });
    expect(listed.map((one) => one.deadLetterId)).toContain(mine()[0]?.deadLetterId);
  });
});

describe('a restart', () => {
  test('decides nothing twice, publishes nothing twice that was acknowledged, and goes on where it stopped', async () => {
    const dora = newCustomer();
    await tell(profileEvent(dora, 1));
    const first = predictionEvent({ customerId: dora, riskScore: 0.4 });
    await predict(first);
    await history(dora, 1);
    await expect.poll(() => eventsOf(interventions.events, dora)).toHaveLength(1);

    expect(await stop(service)).toBe(true);
    await predict(first, predictionEvent({ customerId: dora, riskScore: 0.6, atMs: T0_MS + HOUR_MS }));
    service = await start();

    const { decisions } = await history(dora, 2);
    expect(decisions.map((one) => one.result.case)).toEqual(['intervention', 'intervention']);
    await expect.poll(() => eventsOf(interventions.events, dora), { timeout: 45_000 }).toHaveLength(2);
    expect(eventsOf(interventions.events, dora).map((one) => one.interventionType)).toEqual([
      'gentle_reminder',
      'proactive_support',
    ]);
    expect(decisions.map((one) => (one.result.case === 'intervention' ? one.result.value.status : null))).toEqual([
      InterventionStatus.OPEN,
      InterventionStatus.ESCALATED,
    ]);
  });
});

describe('InterventionService', () => {
  test('pages through a history, latest first', async () => {
    const emil = newCustomer();
    const times = [0, 1, 2, 3, 4].map((hour) => T0_MS + hour * HOUR_MS);
    await predict(...times.map((atMs) => predictionEvent({ customerId: emil, riskScore: 0.1, atMs })));
    await history(emil, 5);
    const seen: number[] = [];
    let pageToken = '';
    do {
      const page = await service.api.getCustomerHistory(
        create(GetCustomerHistoryRequestSchema, { customerId: emil, pageSize: 2, pageToken }),
      );
      seen.push(...page.decisions.map((one) => Number(one.observationTime?.seconds) * 1000));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(seen).toEqual(times.toReversed());
  });

  test('knows no customer without a decision, and takes no token that it did not give', async () => {
    await expect(service.api.getCustomerHistory({ customerId: 'nobody' })).rejects.toMatchObject({
      code: Code.NotFound,
    });
    await expect(service.api.getCustomerHistory({ customerId: 'nobody', pageToken: '0x1' })).rejects.toMatchObject({
      code: Code.InvalidArgument,
    });
  });

  test('records an outcome once, and only by an officer', async () => {
    const fred = newCustomer();
    await tell(profileEvent(fred, 1));
    await predict(predictionEvent({ customerId: fred, riskScore: 0.8 }));
    const { decisions } = await history(fred, 1);
    const result = decisions[0]?.result;
    const interventionId = result?.case === 'intervention' ? result.value.interventionId : '';
    const accepted = { interventionId, outcome: 'accepted' };

    await expect(service.asClient.recordOutcome(accepted)).rejects.toMatchObject({ code: Code.PermissionDenied });
    const { intervention } = await service.api.recordOutcome(accepted);
    expect(intervention).toMatchObject({ status: InterventionStatus.COMPLETED, outcome: 'accepted' });
    expect(await service.api.recordOutcome(accepted)).toMatchObject({ intervention: { outcome: 'accepted' } });
    await expect(service.api.recordOutcome({ interventionId, outcome: 'declined' })).rejects.toMatchObject({
      code: Code.FailedPrecondition,
    });
    await expect(
      service.api.recordOutcome({ interventionId: derivedId('none', fred), outcome: 'declined' }),
    ).rejects.toMatchObject({ code: Code.NotFound });

    await predict(predictionEvent({ customerId: fred, riskScore: 0.8, atMs: T0_MS + HOUR_MS }));
    const after = await history(fred, 2);
    expect(after.decisions[0]?.result.value).toBe(SuppressionReason.COOL_DOWN);
  });

  test('counts decisions, and its position adds up', async () => {
    const stats = await service.api.getStats({});
    const sum = (counts: Record<string, bigint>) => Object.values(counts).reduce((total, one) => total + one, 0n);
    expect(sum(stats.decisionsByLevel)).toBe(stats.decisions);
    expect(sum(stats.customersByLevel)).toBe(stats.customers);
    expect(sum(stats.interventionsByType)).toBe(stats.interventions);
    expect(sum(stats.suppressedByReason)).toBe(stats.decisions - stats.interventions);
    expect(stats.suppressed).toBe(stats.decisions - stats.interventions - (stats.suppressedByReason.LOW_RISK ?? 0n));
    const { partitions, stored } = await service.operations.getPosition({ verify: true });
    expect(partitions).toHaveLength(PREDICTIONS.partitions);
    for (const one of partitions) {
      expect(one.accepted + one.duplicates + one.deadLetters).toBe(one.nextOffset - one.firstOffset);
    }
    expect(stored.find((set) => set.kind === 'decisions')?.count).toBe(stats.decisions);
  });

  test('tells the policy in force', async () => {
    const { policy } = await service.api.getContactPolicy({});
    expect(policy).toMatchObject({
      version: 'contact-1',
      coolDown: { seconds: 2_592_000n },
      minFeaturesKnownShare: 0.5,
    });
  });
});
