import { describe, expect, it } from 'vitest';
import { CATALOGUE } from './catalogue.ts';
import { officerText } from './reason-text.ts';

describe('what an officer is told', () => {
  it('is the catalogue’s sentence where the value is known', () => {
    for (const feature of CATALOGUE) expect(officerText(feature.name, 1)).toBe(feature.officer(1));
  });

  it('is why the value is not known, in words, where it is not', () => {
    expect(officerText('cash_share_30d', Number.NaN)).toMatch(/^Not known: cash share over 30 days \(.*channel.*\)$/);
    for (const { name } of CATALOGUE) expect(officerText(name, Number.NaN)).not.toContain('_');
  });

  it('names a feature of another catalogue with its value', () => {
    expect(officerText('late_rent_14d_pct', 2)).toBe('late rent over 14 days is 2');
  });
});
