/** A schema's name goes into SQL text, where no parameter can stand: it must be a plain identifier. */
export function identifier(name: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) throw new Error(`"${name}" is no plain SQL identifier ([a-z_][a-z0-9_]*)`);
  return name;
}
