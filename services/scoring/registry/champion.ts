/**
 * Which model this instance runs: the champion of the record, from its start on and whenever the record moves.
 *
 * - At the start: the champion of this feature set; where there is none, the default folder's, recorded as the first. So it is where
 *   the champion is an older release's first, which nobody promoted and whose folder went with that release. A model that does not
 *   prove itself keeps the instance from becoming ready, and so does a promoted one that is not there.
 * - Then: the record is asked every second. A new champion is loaded and proven beside the one in force, which goes on scoring, and
 *   replaces it between two calls. One that does not prove itself is told by metric, log and ListModels; the old one stays, and
 *   the load is tried again, more and more seldom.
 */
import { isTransient } from '../../platform/postgres/sqlstate.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Metrics } from '../../platform/telemetry/metrics.ts';
import { ModelRefusedError } from '../model/files.ts';
import type { Model } from '../model/load.ts';
import type { StoredPromotion } from '../store/promotion.ts';
import type { ModelFolders } from './folders.ts';
import type { ModelsInForce } from './in-force.ts';
import { type PromotionRecord, registeredOf } from './record.ts';

/** Loads what an instance begins with. Throws ModelRefusedError, and database errors as they come. */
export async function loadChampion(record: PromotionRecord, folders: ModelFolders): Promise<Model> {
  const { champion, latest } = await record.standing();
  if (champion !== null && !(await isLeftBehind(champion, folders))) {
    return await folders.load(champion, champion.manifestSha256);
  }
  const model = await folders.loadDefault();
  try {
    const inserted = await record.add({
      ...{ action: 'first', model: registeredOf(model), actor: 'scoring', after: latest },
      ...{ reason: reasonOfFirst(champion), gateReport: null, gateReportSha256: null },
    });
    if (inserted === 'done') return model;
    if (inserted === 'altered') throw alteredError(model);
  } catch (cause) {
    await model.release();
    throw cause;
  }
  await model.release();
  return await loadChampion(record, folders);
}

/** What a release began with by itself, and a later one no longer has. Nobody chose it, so nobody has to be asked. */
async function isLeftBehind(champion: StoredPromotion, folders: ModelFolders): Promise<boolean> {
  return champion.action === 'first' && !(await folders.isThere(champion));
}

function reasonOfFirst(champion: StoredPromotion | null): string {
  if (champion === null) return 'there was no record of this feature set';
  const { name, version } = champion;
  return `${name}/${version}, which an older release began with, is not here and was never promoted`;
}

function alteredError({ manifest, manifestSha256 }: Model): ModelRefusedError {
  const { name, version } = manifest;
  return new ModelRefusedError(
    'hash',
    `${name}/${version} was registered with another manifest than ${manifestSha256}`,
  );
}

export interface ChampionFollower {
  /**
   * Looks at the record now, and resolves when this instance has tried what it says.
   *
   * @param ready a loaded model that it may be; released where it is not
   */
  look(ready: Model): Promise<void>;
  /** Why this instance does not run the champion; empty where it does. */
  problem(): string;
  /** Stops looking, and waits for a look under way. */
  close(): Promise<void>;
}

export interface FollowerOptions {
  readonly record: PromotionRecord;
  readonly folders: ModelFolders;
  readonly models: ModelsInForce;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Time between two looks, milliseconds. */
  readonly pollMs: number;
}

/** Looks between two tries of a model that was refused: 1, 2, 4, … up to this. */
const MOST_LOOKS_BETWEEN_TRIES = 64;

/** Follows the record until it is closed. */
export function followChampion(options: FollowerOptions): ChampionFollower {
  const switcher = createSwitcher(options);
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let work = Promise.resolve();

  function look(ready: Model | null): Promise<void> {
    work = work.then(() => (closed ? ready?.release() : switcher.look(ready)));
    return work;
  }

  function again(): void {
    timer = setTimeout(() => void look(null).then(() => (closed ? undefined : again())), options.pollMs);
  }

  again();
  return {
    look,
    problem: switcher.problem,
    async close() {
      closed = true;
      clearTimeout(timer);
      await work;
    },
  };
}

interface Switcher {
  /** One look at the record, and what follows from it. Never throws. */
  look(ready: Model | null): Promise<void>;
  problem(): string;
}

function createSwitcher({ record, folders, models, log, metrics }: FollowerOptions): Switcher {
  const report = championReport(metrics, models);
  let seen = 0;
  let problem = '';
  /** Looks until the next try, and from that try to the one after. */
  let [wait, next] = [0, 1];

  function settle(latest: number): void {
    seen = latest;
    problem = '';
    [wait, next] = [0, 1];
  }

  function keepOld(why: string, { name, version, number: promotion }: StoredPromotion, latest: number): void {
    if (why !== problem) log.error({ event: 'model-not-switched', alert: true, name, version, promotion, why });
    seen = latest;
    problem = why;
    [wait, next] = [next, Math.min(next * 2, MOST_LOOKS_BETWEEN_TRIES)];
    report.failed();
  }

  async function tryNow(ready: Model | null): Promise<void> {
    const { champion, latest } = await record.standing();
    const from = models.current();
    if (champion === null || champion.manifestSha256 === from.manifestSha256) return settle(latest);
    const { name, version, number: promotion, manifestSha256 } = champion;
    try {
      models.replace(ready?.manifestSha256 === manifestSha256 ? ready : await folders.load(champion, manifestSha256));
    } catch (cause) {
      return keepOld(cause instanceof Error ? cause.message : String(cause), champion, latest);
    }
    log.info({ event: 'model-switched', name, version, from: from.manifest.version, promotion });
    settle(latest);
    report.switched();
  }

  report.standing('');
  return {
    problem: () => problem,
    async look(ready) {
      try {
        const moved = (await record.latest()) !== seen;
        if (problem !== '' && wait > 0) wait--;
        if (moved || (problem !== '' && (ready !== null || wait === 0))) await tryNow(ready);
      } catch (cause) {
        // The database's trouble is told where scores are stored; the model in force is not touched by it.
        if (!isTransient(cause)) log.error({ event: 'model-record-unreadable', cause });
      }
      if (ready !== null && ready !== models.current()) {
        await ready.release().catch((cause: unknown) => log.error({ event: 'model-release-failed', cause }));
      }
      report.standing(problem);
    },
  };
}

/** What an operator sees of it. */
function championReport(metrics: Metrics, models: ModelsInForce) {
  const info = metrics.gauge('pde_model_info', '1 for the model in force', ['name', 'version', 'sha256']);
  const behind = metrics.gauge('pde_model_behind', '1 while this instance does not run the champion of the record');
  const switches = metrics.counter('pde_model_switches_total', 'models put in force after the start');
  const failures = metrics.counter('pde_model_load_failures_total', 'champions that could not be put in force');
  return {
    standing(problem: string): void {
      const { manifest, onnxSha256 } = models.current();
      info.reset();
      info.set({ name: manifest.name, version: manifest.version, sha256: onnxSha256 }, 1);
      behind.set(problem === '' ? 0 : 1);
    },
    switched: () => switches.inc(),
    failed: () => failures.inc(),
  };
}
