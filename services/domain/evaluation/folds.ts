/**
 * Folds that follow from a row alone: whoever knows a loan's grant date knows which trees have not seen it, and no list of who
 * was trained on has to be kept. Also computed by models/training/pde_training/berka_folds.py.
 */

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a, 32 bits (Fowler, Noll and Vo), of an ASCII key, modulo the number of folds. */
export function foldOf(key: string, folds: number): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), FNV_PRIME) >>> 0;
  return hash % folds;
}
