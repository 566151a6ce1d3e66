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

/**
 * What the customer may be told of a feature, words without a full stop; null: nothing. A value that is not known (NaN) is nothing to
 * tell a customer, nor is a feature that this catalogue does not have.
 */
export function customerText(name: string, value: number): string | null {
  return Number.isNaN(value) ? null : (byName.get(name)?.customer(value) ?? null);
}

/** The reason code of a feature; null: this catalogue does not have it. */
export function reasonCode(name: string): string | null {
  return byName.get(name)?.code ?? null;
}

/** "cash_withdrawal_size_rise_30d_pct" is "cash withdrawal size rise over 30 days". */
function inWords(name: string): string {
  return name
    .replace(/_pct(?=_|$)/, '')
    .replace(/_(\d+)d(?=_|$)/, ' over $1 days')
    .replaceAll('_', ' ');
}
