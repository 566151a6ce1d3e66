import { customerKey, generateCustomer, type SyntheticCustomer } from '../../domain/synthetic-bank/generate.ts';
import { createOracle } from '../../domain/synthetic-bank/oracle.ts';
import type { BankParameters } from '../../domain/synthetic-bank/parameters.ts';
import { type Block, blockOf, type Customer } from './block.ts';
import type { TablePlan } from './plan.ts';

/** A table straight from the generator. It can be sent to a thread. */
export interface SyntheticJob {
  readonly parameters: BankParameters;
  readonly seed: number;
  readonly months: number;
  /** Customers firstIndex...firstIndex + customers - 1 of the bank. */
  readonly firstIndex: number;
  readonly customers: number;
  readonly plan: TablePlan;
  /** Null: without the oracle's column. */
  readonly oracle: OraclePlan | null;
}

/** Of which rows the oracle is asked: those of a moment itself (lag 0) with t from fromMs on. */
export interface OraclePlan {
  /** Of the hidden process, a row. */
  readonly continuations: number;
  readonly fromMs: number;
}

/** Some 100 rows or a second's work; small enough that progress moves and threads end together. */
const CUSTOMERS_A_BLOCK = 16;

export function blockCount({ customers }: SyntheticJob): number {
  return Math.ceil(customers / CUSTOMERS_A_BLOCK);
}

/** The n-th block, from 0. @throws LeakError */
export function syntheticBlock(job: SyntheticJob, n: number): Block {
  const from = n * CUSTOMERS_A_BLOCK;
  const to = Math.min(from + CUSTOMERS_A_BLOCK, job.customers);
  return blockOf(customersOf(job, from, to), job.plan, job.oracle !== null);
}

function* customersOf(job: SyntheticJob, from: number, to: number): Generator<Customer, void, undefined> {
  const { parameters, seed, months, firstIndex } = job;
  for (let place = from; place < to; place++) {
    const index = firstIndex + place;
    const history = generateCustomer(parameters, { seed, index, months });
    const { payCycle, group } = history.truth.traits;
    yield { history, attributes: { payCycle, group }, oracleOf: oracleOf(job, history, index) };
  }
}

function oracleOf(job: SyntheticJob, { truth }: SyntheticCustomer, index: number): Customer['oracleOf'] {
  if (job.oracle === null) return () => Number.NaN;
  const { continuations, fromMs } = job.oracle;
  const oracle = createOracle(job.parameters, truth, customerKey(job.seed, index), continuations);
  return ({ profile, tMs, lagDays }) => (lagDays === 0 && tMs >= fromMs ? oracle.at(profile, tMs) : Number.NaN);
}
