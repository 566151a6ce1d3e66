/**
 * `npm run bench:table -- FILE.json…`: the table in README.md's performance section, from what the benches printed with --json. Each
 * file is known by its keys; what no file of the call is about loses its row. The section between the marks is rewritten, the rest is not
 * touched.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Report, reportOf } from './table-rows.ts';

const README = join(import.meta.dirname, '..', '..', 'README.md');
const BEGIN = '<!-- bench:table -->';
const END = '<!-- /bench:table -->';

const HELP = `bench:table: the table of README.md's performance section, from the JSON of the benches

  FILE.json…   what bench:pipeline, latency, growth, features, shap and score printed with --json
  --print      to standard output instead of README.md
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { print: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});

if (values.help) process.stdout.write(HELP);
else if (positionals.length === 0) fail('name the JSON files of the benches');
else main(positionals);

function main(files: readonly string[]): void {
  const section = sectionOf(files.map(read));
  if (values.print) process.stdout.write(section);
  else writeFileSync(README, replaced(readFileSync(README, 'utf8'), section));
}

function read(file: string): Report {
  const text = readFileSync(file, 'utf8');
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text);
  } catch {
    return fail(`${file} is not JSON`);
  }
  // A bench that tells no date was run when its file was written.
  const measured = typeof json.date === 'string' ? new Date(json.date) : statSync(file).mtime;
  const report = reportOf(json, measured.toISOString().slice(0, 10));
  return report ?? fail(`${file} is of no bench that has a row in the table`);
}

function sectionOf(reports: readonly Report[]): string {
  const ordered = reports.toSorted((a, b) => a.order - b.order);
  const rows = ordered.flatMap((report) => report.rows.map((row) => [...row, report.command]));
  const conditions = ordered.map(({ command, conditions: told }) => `- ${command}: ${told}`);
  return [
    ...table([['measured', 'figure', 'beside it', 'goal', 'command'], ...rows]),
    '',
    'Under which conditions:',
    '',
    ...conditions,
    '',
  ].join('\n');
}

function table([head, ...rows]: readonly (readonly string[])[]): string[] {
  const all = [head!, ...rows];
  const widths = head!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(head!), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

function replaced(readme: string, section: string): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) fail(`README.md has no section between ${BEGIN} and ${END}`);
  return `${readme.slice(0, begin)}${BEGIN}\n\n${section}\n${readme.slice(end)}`;
}

function fail(message: string): never {
  process.stderr.write(`bench:table: ${message}\n`);
  process.exit(64);
}
