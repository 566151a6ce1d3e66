import { CATALOGUE } from './catalogue.ts';

const byName = new Map(CATALOGUE.map((feature) => [feature.name, feature]));

/**
 * What an officer is told of a feature: its sentence in the catalogue, or that its value (NaN) is not known, and when that is so.
 *
 * @param name a feature's name; one that this catalogue does not have is named with its value
 */
export function officerText(name: string, value: number): string {
  const feature = byName.get(name);
  if (Number.isNaN(value))
    return `Not known: ${inWords(name)}${feature === undefined ? '' : ` (${feature.unknownWhen})`}`;
  return feature?.officer(value) ?? `${inWords(name)} is ${value}`;
}

/** "cash_withdrawal_size_rise_30d_pct" is "cash withdrawal size rise over 30 days". */
function inWords(name: string): string {
  return name
    .replace(/_pct(?=_|$)/, '')
    .replace(/_(\d+)d(?=_|$)/, ' over $1 days')
    .replaceAll('_', ' ');
}
