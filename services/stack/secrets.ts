/** The passwords of a stack: made once, kept in its state directory, readable by its owner only. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { StackError } from './errors.ts';
import { writeWhole } from './files.ts';

export interface StackSecrets {
  /** Names this generation of the state directory: data kept elsewhere under another id belongs to a removed one. */
  readonly stackId: string;
  /** By role or user. A name that is new since gets its password when first asked for. */
  readonly postgres: Readonly<Record<string, string>>;
  readonly kafka: Readonly<Record<string, string>>;
}

/** Reads the secrets, adds a password for every name that has none yet, and writes them back if any was added. */
export async function loadSecrets(
  file: string,
  names: { readonly postgres: readonly string[]; readonly kafka: readonly string[] },
): Promise<StackSecrets> {
  const kept = await readSecrets(file);
  const secrets: StackSecrets = {
    stackId: kept?.stackId ?? randomBytes(8).toString('hex'),
    postgres: complete(kept?.postgres ?? {}, names.postgres),
    kafka: complete(kept?.kafka ?? {}, names.kafka),
  };
  const text = `${JSON.stringify(secrets, null, 2)}\n`;
  if (kept === null || text !== `${JSON.stringify(kept, null, 2)}\n`) await writeWhole(file, text);
  return secrets;
}

async function readSecrets(file: string): Promise<StackSecrets | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as StackSecrets;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new StackError(
      `${file} is unreadable (${(cause as Error).message}): the data beside it cannot be opened without it`,
    );
  }
}

function complete(kept: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  const added = names.filter((name) => kept[name] === undefined);
  return { ...kept, ...Object.fromEntries(added.map((name) => [name, newPassword()])) };
}

// 192 bits, in letters that need no quoting in SQL, properties files, JAAS or URLs.
function newPassword(): string {
  return randomBytes(24).toString('hex');
}
