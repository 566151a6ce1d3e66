/** What a model must be before its scores are looked at: loadable, of this feature set, meant for use, monotone. */
import { PARITY_TOLERANCE } from './bounds.ts';
import type { Candidate, Evidence, Unusable } from './evidence.ts';
import { type Finding, finding } from './finding.ts';
import { proveMonotone } from './monotone-proof.ts';

const BOUNDS_OF_LOADING = {
  artefacts: 'every file present, of its hash and of its form',
  feature_set: "the engine's own feature set, every input by name",
  parity: `golden vectors to ${PARITY_TOLERANCE}`,
} as const;

/** The one finding about a model that the engine would not load. */
export function unusableFinding({ gate, why }: Unusable): Finding {
  return finding(gate, false, null, BOUNDS_OF_LOADING[gate], why);
}

/** Feature set: of candidate, engine and table alike. */
export function featureSetGate(candidate: Candidate, { rows, engineFeatureSetVersion }: Evidence): Finding {
  const versions = [candidate.featureSetVersion, engineFeatureSetVersion, rows.featureSetVersion];
  const [model, engine, table] = versions.map((version) => version || 'none');
  return finding(
    'feature_set',
    model !== 'none' && model === engine && model === table,
    null,
    BOUNDS_OF_LOADING.feature_set,
    `the model is of feature set ${model}, the engine computes ${engine}, the table holds ${table}`,
  );
}

/** A model that was made to show a ceiling is never put in force. */
export function promotableGate({ promotable }: Candidate): Finding {
  const text = promotable
    ? 'it is meant for use'
    : 'its manifest says that it shows what is possible, not what may be used';
  return finding('promotable', promotable, null, 'promotable in its manifest', text);
}

/** Both of our computations agree with XGBoost's, and with each other on every row of the table. */
export function parityGate({ goldenErrors, marginDifference }: Candidate): Finding {
  const errors = { ...goldenErrors, 'margin of the rows': marginDifference };
  const worst = Math.max(0, ...Object.values(errors));
  const named = Object.entries(errors).map(([what, error]) => `${what} ${error.toExponential(1)}`);
  return finding(
    'parity',
    worst <= PARITY_TOLERANCE,
    worst,
    `to ${PARITY_TOLERANCE}`,
    `largest errors: ${named.join(', ')}`,
  );
}

/** Proven on the trees, and tried on ONNX. */
export function monotoneGate({ forest, directions, sweep }: Candidate): Finding {
  const { pairs, faults } = proveMonotone(forest, directions);
  const constrained = directions.filter((direction) => direction !== 0).length;
  const broken = faults.map(({ feature, tree, below, above }) => {
    const move = above > below ? 'rises' : 'falls';
    return `tree ${tree} ${move} from ${said(below)} to ${said(above)} as ${feature} grows`;
  });
  const tried = sweep.against.map(({ feature, step }) => `ONNX goes against ${feature} by ${said(Math.abs(step))}`);
  const count = faults.length + sweep.against.length;
  const text =
    count > 0
      ? firstOf([...broken, ...tried])
      : `${constrained} constrained features: ${pairs} pairs of leaves in order, ${sweep.sweeps} sweeps of ONNX too`;
  return finding('monotone', count === 0, count, 'no fault along any constrained feature', text);
}

function said(margin: number): string {
  return margin.toPrecision(3);
}

const MOST_NAMED = 5;

function firstOf(faults: readonly string[]): string {
  const more = faults.length - MOST_NAMED;
  return [...faults.slice(0, MOST_NAMED), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}
