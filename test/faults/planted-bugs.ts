/**
 * Bugs of the kind that the matrix exists for, each with the case that has to catch it. They are planted into a copy of the engine,
 * whose services then run on the same stack as those of this clone.
 */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../support/engine-run.ts';

export interface PlantedBug {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** The case that has to catch it. */
  readonly caughtBy: string;
}

export interface Edit {
  readonly file: string;
  /** Each found exactly once. */
  readonly replace: readonly (readonly [before: string, after: string])[];
}

const COPIED = ['gen', 'models/synthetic', 'package.json', 'proto', 'services'];

export const PLANTED: readonly PlantedBug[] = [
  {
    name: 'commit-before-score',
    edits: [
      {
        file: 'services/features/commit-batch.ts',
        replace: [
          [
            `  crashPoint('before-score');
  const conflicts = await deps.scorer.score(effect.entries, signal);
  await insertVectorConflicts(tx, conflicts);
`,
            '  const conflicts = [];\n',
          ],
          [
            '  return await deps.pool.transaction((tx) => commitIn(tx, deps, batch, effect, signal), { asyncCommit: true });',
            `  const done = await deps.pool.transaction((tx) => commitIn(tx, deps, batch, effect, signal));
  // A batch that triggers nothing has nothing to lose here.
  if (effect.entries.some(({ vector }) => vector !== null)) crashPoint('before-score');
  await deps.scorer.score(effect.entries, signal);
  return done;`,
          ],
        ],
      },
    ],
    caughtBy: 'features:before-score',
  },
  {
    name: 'auto-commit',
    edits: [
      {
        file: 'services/features/commit-batch.ts',
        replace: [
          [
            '    move(tx, deps.group, batch, effect),',
            '    deps.pool.transaction((own) => move(own, deps.group, batch, effect)),',
          ],
        ],
      },
    ],
    caughtBy: 'features:after-score-before-commit',
  },
  {
    name: 'cursor-before-publish',
    edits: [
      {
        file: 'services/platform/outbox/shard-publisher.ts',
        replace: [
          ["      crashPoint('after-commit-before-publish');\n", ''],
          [
            '      if (records.length > 0) await o.producer.send(records, aborting.signal);\n',
            `      await o.cursors.advance(o.lease, upTo);
      crashPoint('after-commit-before-publish');
      if (records.length > 0) await o.producer.send(records, aborting.signal);
`,
          ],
        ],
      },
    ],
    caughtBy: 'scoring:after-commit-before-publish',
  },
  {
    // Published and answered while the commit is still to come.
    name: 'publish-without-storing',
    edits: [
      {
        file: 'services/scoring/record.ts',
        replace: [
          [
            `    return await pool.transaction(async (tx) => {
      const recorded = await write(tx, outbox, work);
`,
            `    const written = Promise.withResolvers<Recorded>();
    pool.transaction(async (tx) => {
      const recorded = await write(tx, outbox, work);
      written.resolve(recorded);
      await new Promise((resolve) => setTimeout(resolve, 250));
`,
          ],
          [
            `      return recorded;
    });
`,
            `      return recorded;
    }).catch(written.reject);
    return await written.promise;
`,
          ],
        ],
      },
    ],
    caughtBy: 'scoring:scoring-before-commit',
  },
  {
    // Nobody asks who owns the partition by now, and what is there already is no sign of another owner.
    name: 'no-fencing',
    edits: [
      {
        file: 'services/platform/postgres/positions.ts',
        replace: [
          [
            'AND partition = $3::int AND epoch = $4::int8\n       AND next_offset = $5::int8`,',
            'AND partition = $3::int AND $4::int8 = $4 AND $5::int8 = $5`,',
          ],
        ],
      },
      {
        file: 'services/features/store/insert-ledger.ts',
        replace: [
          ['ledger_position, undoes FROM entries\n', 'ledger_position, undoes FROM entries ON CONFLICT DO NOTHING\n'],
          ['vector_sha256\n  FROM entries`', 'vector_sha256\n  FROM entries ON CONFLICT DO NOTHING`'],
        ],
      },
      {
        file: 'services/features/store/move-customers.ts',
        replace: [['return inserted + updated === moves.length;', 'return inserted + updated <= moves.length;']],
      },
    ],
    caughtBy: 'zombie-at:features:after-vectors-before-commit',
  },
  {
    // The vectors see a duplicate as one more transaction; only its row is left out.
    name: 'duplicates-after-the-vector',
    edits: [
      {
        file: 'services/features/consumer.ts',
        replace: [
          [
            '    compute(deps, batch, sorted.accepted, states, histories, knowledge.positionOf),\n  );\n',
            `    compute(deps, batch, valid, states, histories, knowledge.positionOf),
  ).then((all) => all.filter((one) => sorted.accepted.some((record) => record.offset === one.logOffset)));
`,
          ],
        ],
      },
    ],
    caughtBy: 'duplicates:in-a-backlog',
  },
  {
    name: 'profile-read-late',
    edits: [
      {
        file: 'services/features/wire.ts',
        replace: [
          ['profilesCaughtUp: (signal) => reader.caughtUp(signal),', 'profilesCaughtUp: async () => undefined,'],
        ],
      },
    ],
    caughtBy: 'lock:features.profiles',
  },
];

/** A copy of the engine with the bug in it; remove it afterwards. @throws where the source has changed under the bug */
export async function plantedCopy(bug: PlantedBug): Promise<{ readonly root: string; remove(): Promise<void> }> {
  const planted = await Promise.all(bug.edits.map(plantedText));
  const root = await mkdtemp(join(tmpdir(), 'pde-planted-'));
  for (const path of COPIED) await cp(join(ROOT, path), join(root, path), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  await Promise.all(bug.edits.map(({ file }, i) => writeFile(join(root, file), planted[i]!)));
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}

/** The file with the bug in it. */
export async function plantedText({ file, replace }: Edit): Promise<string> {
  let text = await readFile(join(ROOT, file), 'utf8');
  for (const [before, after] of replace) {
    if (text.split(before).length !== 2) throw new Error(`${file} does not hold exactly once: ${before}`);
    text = text.replace(before, () => after);
  }
  return text;
}
