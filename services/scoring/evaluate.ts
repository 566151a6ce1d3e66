/**
 * Says how good a model is on rows that it was not made from, by the loader and the session that serve it. Run by `pde evaluate`,
 * which makes the rows: `node services/scoring/evaluate.ts KIND --help`. One JSON object on standard output. Exit codes: 0 done,
 * 1 a fault said in words, 64 wrong usage.
 */
import { EvaluationError } from './evaluate/error.ts';
import { evaluateLoans } from './evaluate/loans.ts';
import { evaluateSynthetic } from './evaluate/synthetic.ts';
import { ModelRefusedError } from './model/files.ts';

/** By kind of bank: flags in, what is printed out. Null: it has printed its help. */
const KINDS: Readonly<Record<string, (args: readonly string[]) => Promise<object | null>>> = {
  synthetic: evaluateSynthetic,
  loans: evaluateLoans,
};

const [kind = '', ...args] = process.argv.slice(2);
const evaluate = KINDS[kind];
if (evaluate === undefined) {
  process.stderr.write(`evaluate: ${kind || 'no kind'}: expected ${Object.keys(KINDS).join(' or ')}\n`);
  process.exitCode = 64;
} else {
  process.exitCode = await run(evaluate);
}

async function run(evaluateKind: (args: readonly string[]) => Promise<object | null>): Promise<number> {
  try {
    const result = await evaluateKind(args);
    if (result !== null) process.stdout.write(`${JSON.stringify(result)}\n`);
    return 0;
  } catch (cause) {
    if (!(cause instanceof EvaluationError || cause instanceof ModelRefusedError)) throw cause;
    process.stderr.write(`evaluate: ${cause.message}\n`);
    return cause instanceof EvaluationError && cause.isUsage ? 64 : 1;
  }
}
