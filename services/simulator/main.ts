import { type Command, helpOf, parseFlags } from './arguments.ts';
import { datasetCommand } from './commands/dataset.ts';
import { describeCommand } from './commands/describe.ts';
import { importBerkaCommand } from './commands/import-berka.ts';
import { importSyntheticCommand } from './commands/import-synthetic.ts';
import { loansCommand } from './commands/loans.ts';
import { positionCommand } from './commands/position.ts';
import { streamCommand } from './commands/stream.ts';
import { exitCodeOf, problemOf } from './outcome.ts';

const COMMANDS: readonly Command[] = [
  importSyntheticCommand,
  importBerkaCommand,
  streamCommand,
  positionCommand,
  datasetCommand,
  loansCommand,
  describeCommand,
];

const [name, ...args] = process.argv.slice(2);
process.exitCode = await run(name, args);

async function run(name: string | undefined, args: readonly string[]): Promise<number> {
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) return answerUnknown(name);
  try {
    const flags = parseFlags(command, args);
    if (flags.isSet('help')) {
      process.stdout.write(helpOf(command));
      return 0;
    }
    const { json, summary } = await command.run(flags);
    process.stdout.write(flags.isSet('json') ? `${JSON.stringify(json)}\n` : `${summary}\n`);
    return 0;
  } catch (cause) {
    process.stderr.write(`${problemOf(cause)}\n`);
    return exitCodeOf(cause);
  }
}

function answerUnknown(name: string | undefined): number {
  const help = name === undefined || name === '--help' || name === '-h';
  const list = COMMANDS.map((one) => `  ${one.name.padEnd(18)} ${one.about}`).join('\n');
  const text = `The simulator: banks in, and out again as a stream.\n\nCommands (each has --help):\n${list}\n`;
  if (help) process.stdout.write(text);
  else process.stderr.write(`unknown command ${JSON.stringify(name)}\n\n${text}`);
  return name === '--help' || name === '-h' ? 0 : 2;
}
