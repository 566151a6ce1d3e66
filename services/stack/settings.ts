/** The stack's settings, read once from an environment. All are optional. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { StackError } from './errors.ts';

export interface StackSettings {
  /** Where what is fetched once is kept; shared by every clone of this user. */
  readonly cacheDir: string;
  /** Whether to look for the machine's own Java and Maven. */
  readonly useMachineJava: boolean;
  readonly useMachineMaven: boolean;
  /** A Maven repository to use instead of the public one where Maven itself is missing; null: the public one. */
  readonly mavenRepository: string | null;
  /** As whom PostgreSQL runs when root starts it. */
  readonly postgresUser: string;
  /** JAVA_HOME and PATH, as given. */
  readonly javaHome: string | null;
  readonly path: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the settings; throws one StackError that lists every problem. */
export function readStackSettings(env: Environment): StackSettings {
  const problems: string[] = [];
  const switchOf = (name: string): boolean => {
    const value = env[name] || 'on';
    if (value !== 'on' && value !== 'off') problems.push(`${name} must be on or off, not ${value}`);
    return value === 'on';
  };
  const settings: StackSettings = {
    cacheDir: env.PDE_CACHE_DIR || defaultCacheDir(env),
    useMachineJava: switchOf('PDE_JAVA'),
    useMachineMaven: switchOf('PDE_MAVEN'),
    mavenRepository: env.PDE_MAVEN_REPOSITORY || null,
    postgresUser: env.PDE_POSTGRES_USER || 'postgres',
    javaHome: env.JAVA_HOME || null,
    path: env.PATH ?? '',
  };
  if (!isAbsolute(settings.cacheDir)) problems.push(`PDE_CACHE_DIR must be an absolute path, not ${settings.cacheDir}`);
  if (settings.mavenRepository !== null && !URL.canParse(settings.mavenRepository)) {
    problems.push(`PDE_MAVEN_REPOSITORY must be a URL, not ${settings.mavenRepository}`);
  }
  if (problems.length > 0) throw new StackError(problems.join('; '));
  return settings;
}

function defaultCacheDir(env: Environment): string {
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'pde');
}
