/** How Kafka's programs are run: their JVM arguments, and secrets kept out of the list of processes. */
import { rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { StackError } from './errors.ts';
import { writeWhole } from './files.ts';
import type { Supervisor } from './supervisor.ts';

export interface KafkaJava {
  readonly supervisor: Supervisor;
  /** A folder that only the owner reads. */
  readonly directory: string;
  readonly java: string;
  readonly jars: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** JVM options and class path; the main class follows. */
export function jvmArguments(jars: readonly string[], ...memory: readonly string[]): readonly string[] {
  return [
    ...memory,
    '-XX:+UseSerialGC',
    '-XX:-UsePerfData',
    '-Djava.awt.headless=true',
    '-Dorg.slf4j.simpleLogger.logFile=System.out',
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
    '-cp',
    jars.join(delimiter),
  ];
}

/** Runs one of Kafka's tools to its end; throws StackError with its last line where it fails. */
export async function runKafkaTool(o: KafkaJava, name: string, args: readonly string[]): Promise<void> {
  const all = [...jvmArguments(o.jars, '-Xmx128m', '-XX:TieredStopAtLevel=1'), ...args];
  // Java reads its arguments from this file: the passwords among them never stand in the list of processes.
  const file = join(o.directory, 'arguments');
  await writeWhole(file, all.map((each) => `${quote(each)}\n`).join(''));
  try {
    const { supervisor, java, signal } = o;
    const { code, output, error } = await supervisor.runTool({ name, command: java, args: [`@${file}`], signal });
    if (code !== 0) throw new StackError(`${name} failed: ${error?.message ?? output.trim().split('\n').at(-1)}`);
  } finally {
    await rm(file, { force: true });
  }
}

function quote(argument: string): string {
  return `"${argument.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
