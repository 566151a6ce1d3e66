/**
 * The `pde` command. Results go to standard output, progress and errors to standard error; exit code 0 for success, 1 for a
 * check that does not hold or a problem that the message names, 2 for bad usage, 130 after Ctrl-C, 143 where
 * SIGTERM came before the work was done.
 */
import { join } from 'node:path';
import { ConnectError } from '@connectrpc/connect';
import { Command } from 'commander';
import { createLogger } from '../platform/telemetry/logger.ts';
import { championName, file, folder, instances, modelName, positiveInteger } from './arguments.ts';
import { datasetFlagsHelp, makeDataset } from './commands/dataset.ts';
import { listDeadLetters, replayDeadLetters, showDeadLetter } from './commands/dead-letters.ts';
import { EVALUATIONS } from './commands/evaluate.ts';
import { explain } from './commands/explain.ts';
import { importBerka, importSynthetic, simulate } from './commands/feed.ts';
import { championOf, gateModel, listModels, type ModelId, promoteModel, rollBackModel } from './commands/model.ts';
import { reconcileEngine } from './commands/reconcile.ts';
import { score } from './commands/score.ts';
import { start } from './commands/start.ts';
import { compareTopics } from './commands/topics.ts';
import { findEngine } from './engine-file.ts';
import { createProgress } from './progress.ts';
import { UsageError } from './usage-error.ts';

const root = join(import.meta.dirname, '..', '..');
const interrupt = interruptSignal();
const log = createLogger('pde', 'error', { write: (line) => void process.stderr.write(line) });

const program = new Command('pde')
  .description('The Pre-Delinquency Engine: run it, feed it, ask it, prove it.')
  .showHelpAfterError('(--help says more)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

/** Where states are kept; relative paths are the caller's. */
function stateRoot(): string {
  return process.env.PDE_STATE_ROOT ?? join(root, '.data');
}

/** Runs a command's work and prints what it answers. */
function printing<A extends unknown[]>(work: (...args: A) => Promise<string | { text: string; ok: boolean }>) {
  return async (...args: A): Promise<void> => {
    const answer = await work(...args);
    const { text, ok } = typeof answer === 'string' ? { text: answer, ok: true } : answer;
    process.stdout.write(`${text}\n`);
    process.exitCode = ok ? 0 : 1;
  };
}

const onEngine = (command: Command): Command =>
  command
    .option('--state-dir <dir>', 'state directory of the engine (default: the one started last)')
    .option('--json', 'one JSON value instead of text');

const running = (options: { stateDir?: string }) => findEngine(stateRoot(), options.stateDir);

program
  .command('start')
  .description('bring everything up, stream a bank through it, say what was found, and stay up')
  .option('--bank <kind>', 'synthetic, or berka with --data', 'synthetic')
  .option('--data <dir>', 'folder with trans.asc(.gz), account.asc and loan.asc, for --bank berka', folder)
  .option('--customers <n>', 'customers of the synthetic bank', positiveInteger, 100)
  .option('--months <m>', 'months of the synthetic bank', positiveInteger, 8)
  .option('--seed <s>', 'seed of the synthetic bank: the same seed, the same bank', positiveInteger, 1)
  .option('--rate <tps>', 'transactions a second in the measured last stretch', positiveInteger, 200)
  .option('--measured-seconds <s>', 'length of the measured last stretch', positiveInteger, 10)
  .option('--instances <service=n>', 'several instances of a service, may be repeated', instances)
  .option('--state-dir <dir>', 'where this engine keeps its data (default: one folder a bank below .data)')
  .option('--skip-bad', 'import a file with malformed lines without them')
  .option('--once', 'end after the stream is drained and reconciled')
  .option('--json', 'standard output is one JSON object and nothing else')
  .action(async (options, command: Command) => {
    const bank = bankOf(options, command);
    process.exitCode = await start({
      root,
      stateRoot: stateRoot(),
      bank,
      once: options.once === true,
      json: options.json === true,
      skipBad: options.skipBad === true,
      rate: options.rate,
      measuredSeconds: options.measuredSeconds,
      instances: options.instances ?? {},
      ...(options.stateDir === undefined ? {} : { stateDir: options.stateDir }),
      log,
      signal: interrupt,
    });
  });

const imports = program.command('import').description('put a bank into bank.*');
imports
  .command('berka')
  .description('the PKDD’99 bank, in its original format')
  .requiredOption('--data <dir>', 'folder with trans.asc(.gz), account.asc and loan.asc', folder)
  .option('--skip-bad', 'leave out malformed lines instead of stopping at them')
  .option('--state-dir <dir>', 'state directory (default: .data/berka)')
  .option('--json', 'one JSON value instead of text')
  .action(printing((options) => importBerka({ ...options, root, stateRoot: stateRoot(), signal: interrupt, log })));
imports
  .command('synthetic')
  .description('a seeded synthetic bank')
  .option('--customers <n>', 'customers', positiveInteger, 100)
  .option('--months <m>', 'months', positiveInteger, 8)
  .option('--seed <s>', 'seed: the same seed, the same bank', positiveInteger, 1)
  .option('--state-dir <dir>', 'state directory (default: one folder a bank below .data)')
  .option('--json', 'one JSON value instead of text')
  .action(printing((options) => importSynthetic({ ...options, root, stateRoot: stateRoot(), signal: interrupt, log })));

program
  .command('simulate')
  .description('stream an imported bank into Kafka; resumes where it stopped. Flags after -- go to the simulator')
  .argument(
    '[flags...]',
    'for instance: -- --bank ID --batch-size 500 --delay-ms 10 --total 1000 --rate 200 --from 2024-03-01 --to 2024-04-01',
  )
  .option('--state-dir <dir>', 'state directory (default: the engine started last)')
  .option('--json', 'one JSON value instead of text')
  .action(
    printing((flags: string[], options) =>
      simulate({ ...options, flags, root, stateRoot: stateRoot(), signal: interrupt, log }),
    ),
  );

program
  .command('dataset')
  .description(
    'make a table of labelled vectors, from a bank in bank.* or with --synthetic straight from the generator',
  )
  .usage('--out FILE.parquet [options]')
  .argument('[flags...]')
  .allowUnknownOption()
  .option(
    '--state-dir <dir>',
    'state directory of a running engine (default: PDE_POSTGRES_URL, else the engine started last)',
  )
  .option('--json', 'one JSON value instead of text')
  .addHelpText('after', () => datasetFlagsHelp(root))
  .action(
    printing((flags: string[], options) =>
      makeDataset({ ...options, flags, root, stateRoot: stateRoot(), signal: interrupt }),
    ),
  );

program
  .command('evaluate')
  .description('say how good a model is on rows that it was not made from')
  .option('--bank <kind>', Object.keys(EVALUATIONS).join(' or '), 'synthetic')
  .option('--model <name>', 'name of the model (default: the bank’s)')
  .option('--model-version <v>', 'its version (default: the latest)')
  .option('--seed <s>', 'seed of the synthetic bank: another one than the model was made from', positiveInteger, 2002)
  .option('--months <m>', 'months of the synthetic bank', positiveInteger, 60)
  .option('--from-month <k>', 'rows from this month on: later dates than the model was made from', positiveInteger, 37)
  .option(
    '--customers <n>',
    'customers of the synthetic bank (default: as many as 6,000 positives take)',
    positiveInteger,
  )
  .option('--parameters <file>', 'another world: a parameters file, or one that ships: shift, disparity')
  .option('--data <dir>', 'folder with trans.asc(.gz), account.asc and loan.asc, for --bank berka', folder)
  .option('--scores <file>', 'also write account_id and probability of each loan as CSV, for --bank berka')
  .option('--samples <n>', 'bootstrap samples of customers', positiveInteger, 1000)
  .option('--json', 'one JSON value instead of text')
  .action(async (options, command: Command) => {
    const evaluate = EVALUATIONS[options.bank];
    if (evaluate === undefined) {
      return command.error(`error: --bank is ${options.bank}: must be ${Object.keys(EVALUATIONS).join(' or ')}`);
    }
    const progress = createProgress(process.stderr, () => performance.now());
    const text = await evaluate(options, { root, stateRoot: stateRoot(), progress, signal: interrupt });
    process.stdout.write(`${text}\n`);
  });

onEngine(program.command('score'))
  .description('score one customer and say why')
  .argument('<customer>', 'the customer’s id')
  .option('--at <time>', 'observe at this time (RFC 3339) instead of now; recorded, never acted on')
  .action(printing((customer: string, options) => score(running(options), customer, options)));

onEngine(program.command('explain'))
  .description('explain a stored score: its reasons, and what change would have lowered its level')
  .argument('<prediction-id>', 'its id, as pde score names it')
  .action(printing((id: string, options) => explain(running(options), id, options)));

onEngine(program.command('reconcile'))
  .description('prove that nothing was lost and nothing counted twice')
  .action(printing((options) => reconcileEngine(running(options), options, { root, log })));

onEngine(program.command('topics'))
  .description('compare the topics of the broker and the subjects of the registry with the contract')
  .action(printing((options) => compareTopics(running(options), options, log)));

const deadLetters = program.command('dead-letters').description('records that could not be processed');
onEngine(deadLetters.command('list'))
  .description('list them, latest first, without their content')
  .option('--reason <reason>', 'only those with this reason, for instance INVALID_VALUE')
  .option('--limit <n>', 'how many of each service', positiveInteger, 50)
  .action(printing((options) => listDeadLetters(running(options), options)));
onEngine(deadLetters.command('show'))
  .description('show one; personal data is masked unless --reveal is given')
  .argument('<id>', 'its id')
  .option('--reveal', 'show the key and the bytes')
  .action(printing((id: string, options) => showDeadLetter(running(options), id, options)));
onEngine(deadLetters.command('replay'))
  .description('send the original bytes to their topic again; what was processed meanwhile is refused as a duplicate')
  .argument('<id...>', 'their ids')
  .option('--force', 'also those that were replayed before')
  .action(printing((ids: string[], options) => replayDeadLetters(running(options), ids, options)));

const models = program.command('model').description('the model in force, and what may replace it');
onEngine(models.command('list'))
  .description('list the models, and what was put in force so far')
  .action(printing((options) => listModels(running(options), options)));
onTable(onEngine(models.command('gate')))
  .description('judge a model on a table that it was not made from, and say what every gate found')
  .option('--champion <name/version>', 'judge against this model, or "none" (default: the one in force)', championName)
  .action(
    printing(async (id: ModelId, options) => {
      const champion = options.champion ?? (await championOf(running(options)));
      return gateModel(id, champion === 'none' ? null : champion, { ...options, root, signal: interrupt });
    }),
  );
onTable(onEngine(models.command('promote')))
  .description('judge a model against the one in force and, if the gates accept it, put it in force')
  .option('--reason <text>', 'why now, kept with the act')
  .action(
    printing((id: ModelId, options) => promoteModel(running(options), id, { ...options, root, signal: interrupt })),
  );
onEngine(models.command('rollback'))
  .description('put back in force what was before the latest promotion')
  .requiredOption('--reason <text>', 'why, kept with the act')
  .action(printing((options) => rollBackModel(running(options), options)));

function onTable(command: Command): Command {
  return command
    .argument('<name/version>', 'the model, for instance synthetic/5', modelName)
    .requiredOption('--table <file>', 'Parquet table of pde dataset, with what lies beside it', file)
    .option('--seed <s>', 'seed of the bootstrap', positiveInteger, 1);
}

function bankOf(
  options: { bank: string; data?: string; customers: number; months: number; seed: number },
  command: Command,
) {
  if (options.bank === 'synthetic') {
    return { kind: 'synthetic' as const, customers: options.customers, months: options.months, seed: options.seed };
  }
  if (options.bank !== 'berka') return command.error(`error: --bank is ${options.bank}: must be synthetic or berka`);
  if (options.data === undefined) return command.error('error: --bank berka needs --data DIR');
  return { kind: 'berka' as const, dataDir: options.data };
}

/** Aborts at the first Ctrl-C or SIGTERM; a second one ends at once, and the stack's guardian ends the rest. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort(new Error(`interrupted by ${name}`));
    });
  }
  return controller.signal;
}

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`pde: ${problemOf(error)}\n`);
  process.exitCode = interrupt.aborted ? 143 : error instanceof UsageError ? 2 : 1;
}
if (interrupt.aborted && (interrupt.reason as Error).message.endsWith('SIGINT')) process.exitCode = 130;

function problemOf(error: unknown): string {
  if (error instanceof ConnectError) return error.rawMessage;
  return error instanceof Error ? error.message : String(error);
}
