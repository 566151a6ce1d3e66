/**
 * Runs an entry of ours on the engine's own Node, on a machine that may have any Node from 20 on and nothing installed:
 *
 *   node services/stack/bootstrap.mjs ENTRY.ts [ARGUMENT...]
 *
 * Plain JavaScript without dependencies, since it runs before there are any. Standard output belongs to the entry alone; npm's
 * words and ours go to standard error. Ends with the entry's exit code, or by the signal that ended it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

// kafkajs sets a timer to the past once a process, which Node 24 warns of and which does no harm.
const QUIET = '--disable-warning=TimeoutNegativeWarning';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const FORWARDED = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
const CANNOT_RUN = 69;
// Only errors: most of our packages warn of a Node older than the one that they come with.
const NPM_FLAGS = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];

const [entry, ...rest] = process.argv.slice(2);
if (entry === undefined) fail('usage: node services/stack/bootstrap.mjs ENTRY.ts [ARGUMENT...]');
if (!isInstalled()) install();
run(resolve(entry), rest);

/** Whether node_modules holds what package-lock.json says; npm leaves its own account of it in node_modules when it is done. */
function isInstalled() {
  const wanted = packagesOf(join(ROOT, 'package-lock.json'));
  const present = packagesOf(join(ROOT, 'node_modules', '.package-lock.json'));
  if (wanted === null || present === null || !existsSync(nodeProgram())) return false;
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    if (path === '') return true;
    const found = present[path];
    // Optional ones of other platforms are rightly absent.
    if (found === undefined) return optional === true;
    return found.version === version && (integrity === undefined || found.integrity === integrity);
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? null;
  } catch {
    return null;
  }
}

function nodeProgram() {
  return join(ROOT, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
}

function install() {
  process.stderr.write('installing packages (npm ci), once\n');
  const begun = performance.now();
  const [command, ...first] = npmCommand();
  const { status, signal, error } = spawnSync(command, [...first, 'ci', ...NPM_FLAGS], {
    cwd: ROOT,
    // npm's standard output is our standard error.
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  if (error?.code === 'ENOENT') fail('npm is not on the PATH: install Node.js 20 or later with its npm');
  if (signal) endBySignal(signal);
  if (status !== 0) {
    fail(
      `npm ci ended with code ${status}, its own words stand above; without a filled npm cache it needs the network once`,
    );
  }
  if (!existsSync(nodeProgram()))
    fail("npm ran no install script of the package 'node': allow it, or run npm ci without --ignore-scripts");
  process.stderr.write(`installed in ${((performance.now() - begun) / 1000).toFixed(0)} s\n`);
}

/** npm's own script where npm started us (npm_execpath may also name another package manager), else npm from the PATH. */
function npmCommand() {
  const script = process.env.npm_execpath;
  if (script !== undefined && /npm-cli\.[cm]?js$/.test(script) && existsSync(script)) return [process.execPath, script];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

/**
 * The entry gets a process group of its own, so that a terminal's Ctrl-C reaches it once, through us. It also holds a pipe to us:
 * should we be killed, parent-watch.mjs sees it close and ends the entry.
 */
function run(file, args) {
  const watch = pathToFileURL(join(ROOT, 'services', 'stack', 'parent-watch.mjs')).href;
  const child = spawn(nodeProgram(), [QUIET, '--import', watch, file, ...args], {
    detached: true,
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: {
      ...process.env,
      PATH: `${dirname(nodeProgram())}${delimiter}${process.env.PATH ?? ''}`,
      PDE_PARENT_PID: String(process.pid),
    },
  });
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
  child.on('error', (cause) => fail(`${nodeProgram()} does not start: ${cause.message}`));
  child.on('exit', (code, signal) => (signal === null ? process.exit(code ?? 1) : endBySignal(signal)));
}

function endBySignal(signal) {
  for (const each of FORWARDED) process.removeAllListeners(each);
  process.kill(process.pid, signal);
  // Reached only where the signal was ignored for us.
  setTimeout(() => process.exit(1), 1_000);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(CANNOT_RUN);
}
