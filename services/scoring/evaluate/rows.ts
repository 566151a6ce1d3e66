/** The rows of an evaluation: tables of `simulator dataset`, each proven by its facts before a value of it is used. */
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { FEATURE_SET_VERSION } from '../../domain/features/catalogue.ts';
import { assertFacts, readFacts, type TableFacts } from '../table/facts.ts';
import { type Moments, readMoments } from '../table/moments.ts';
import { asEvaluationError, EvaluationError } from './error.ts';

/** One bank's rows. */
export interface EvaluationRows extends Moments {
  /** What the bank is, from the facts. */
  readonly bank: Readonly<Record<string, unknown>>;
  /** SHA-256 of every table, in order. */
  readonly sha256: readonly string[];
}

/** Reads rows of lag 0 with the named features. @throws EvaluationError where a table is not what its facts say, or of another bank */
export async function readRows(paths: readonly string[], features: Iterable<string>): Promise<EvaluationRows> {
  const [facts, moments] = await asEvaluationError(async () => {
    const facts = await Promise.all(paths.map(proven));
    assertOneBank(paths, facts);
    return [facts, await readMoments(paths, features)] as const;
  });
  const blind = moments.oracle?.findIndex(Number.isNaN) ?? -1;
  if (blind >= 0) {
    throw new EvaluationError(`the oracle says nothing of customer ${moments.customers[blind]}'s row ${blind}`);
  }
  return { ...moments, bank: bankOf(facts[0]!), sha256: facts.map(({ sha256 }) => sha256) };
}

async function proven(path: string): Promise<TableFacts> {
  const facts = await readFacts(path);
  assertFacts(path, facts, 'pde-dataset/1', FEATURE_SET_VERSION);
  if (facts.leakCheckPassed !== true) {
    throw new EvaluationError(`${basename(path)}: the facts beside it tell of no leak check that passed`);
  }
  return facts;
}

function assertOneBank(paths: readonly string[], facts: readonly TableFacts[]): void {
  const bank = bankOf(facts[0]!);
  const another = facts.findIndex((each) => !isDeepStrictEqual(bankOf(each), bank));
  if (another >= 0) throw new EvaluationError(`${basename(paths[another]!)} is of another bank than the first table`);
}

/** What parts of one bank have in common. */
function bankOf({ document }: TableFacts): Readonly<Record<string, unknown>> {
  const { first_customer: _first, customers: _customers, ...same } = (document.bank ?? {}) as Record<string, unknown>;
  return same;
}
