/**
 * Minor units of one money unit, by ISO 4217 currency: the constant that levels of money are divided by. It is about a tenth of
 * a month's typical net income where the currency is used, so that levels of different currencies have the same order of
 * magnitude. Part of the feature set: a change is a new {@link FEATURE_SET_VERSION}.
 */
export const MONEY_UNITS: Readonly<Record<string, number>> = {
  EUR: 20_000,
  CZK: 100_000,
  USD: 25_000,
  GBP: 20_000,
  CHF: 40_000,
  PLN: 50_000,
  SEK: 250_000,
  HUF: 3_000_000,
  JPY: 25_000,
};

/** NaN where the currency has no money unit: its levels are then unknown, not wrong. */
export function moneyUnitOf(currency: string): number {
  return MONEY_UNITS[currency] ?? Number.NaN;
}
