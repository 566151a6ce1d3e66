/** The Kafka node's configuration, as its properties file. */

export interface KafkaPorts {
  readonly broker: number;
  readonly controller: number;
}

/** Clients of this listener are told another port than the one it listens on: something in between forwards to it. */
export interface KafkaVia {
  readonly port: number;
  readonly advertisedPort: number;
}

/** SCRAM users: the administrator (a super user) and one per service; what a service may do is granted by ACLs from the contract. */
export const KAFKA_USERS = [
  'admin',
  'simulator',
  'features',
  'scoring',
  'interventions',
  'gateway',
  'operator',
  'delivery',
] as const;

/** The controller's own user: SCRAM cannot serve there, its credentials lie in the log that the controller has yet to read. */
export const CONTROLLER_USER = 'controller';

const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule';
const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule';

/** The text of server.properties; it holds passwords. */
export function brokerProperties(o: {
  readonly dataDir: string;
  readonly ports: KafkaPorts;
  readonly passwords: Readonly<Record<string, string>>;
  readonly via?: KafkaVia | undefined;
}): string {
  const { ports, passwords, via } = o;
  const controllerPassword = passwords[CONTROLLER_USER];
  const properties: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    listeners: `BROKER://127.0.0.1:${ports.broker},CONTROLLER://127.0.0.1:${ports.controller}${listener(via?.port)}`,
    'advertised.listeners': `BROKER://127.0.0.1:${ports.broker}${listener(via?.advertisedPort)}`,
    'controller.quorum.bootstrap.servers': `127.0.0.1:${ports.controller}`,
    'listener.security.protocol.map': 'BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT,VIA:SASL_PLAINTEXT',
    'inter.broker.listener.name': 'BROKER',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': o.dataDir.replaceAll('\\', '/'),

    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-512',
    'listener.name.broker.scram-sha-512.sasl.jaas.config': jaas(SCRAM, {
      username: 'admin',
      password: passwords.admin,
    }),
    'listener.name.via.scram-sha-512.sasl.jaas.config': `${SCRAM} required;`,
    'sasl.mechanism.controller.protocol': 'PLAIN',
    'listener.name.controller.sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.controller.plain.sasl.jaas.config': jaas(PLAIN, {
      username: CONTROLLER_USER,
      password: controllerPassword,
      [`user_${CONTROLLER_USER}`]: controllerPassword,
    }),
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': `User:admin;User:${CONTROLLER_USER}`,
    'allow.everyone.if.no.acl.found': false,
    'auto.create.topics.enable': false,

    // One node: it is its own only replica.
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,

    // Small: it shares two cores and a laptop's memory with everything else.
    'num.network.threads': 2,
    'num.io.threads': 4,
    'background.threads': 2,
    'num.recovery.threads.per.data.dir': 2,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
    'log.segment.bytes': 134_217_728,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function listener(port: number | undefined): string {
  return port === undefined ? '' : `,VIA://127.0.0.1:${port}`;
}

function jaas(module: string, options: Readonly<Record<string, string | undefined>>): string {
  const rendered = Object.entries(options).map(([name, value]) => `${name}="${value}"`);
  return `${module} required ${rendered.join(' ')};`;
}
