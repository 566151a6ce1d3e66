import { expect, test } from 'vitest';
import { type Finding, finding } from './finding.ts';
import { gateReport, parseGateReport } from './report.ts';

const holds = finding('auc_difference', true, 0.01, 'above -0.005', 'better');
const fails = finding('log_loss', false, Number.NaN, 'no higher', 'not known');
const model = { name: 'm', version: '1', manifestSha256: 'a'.repeat(64) };

const reportOf = (findings: readonly Finding[]) =>
  gateReport(
    findings.includes(fails) ? { kind: 'refused', findings, reasons: [fails] } : { kind: 'accepted', findings },
    {
      candidate: model,
      champion: null,
      featureSetVersion: '1',
      table: { sha256: 'b'.repeat(64), rows: 2, positives: 1, customers: 2 },
      levels: null,
      bootstrap: { samples: 10, seed: 1 },
    },
  );

test('comes back from its JSON as it went, whatever was not known being null', () => {
  const report = reportOf([holds, fails]);
  expect(parseGateReport(JSON.parse(JSON.stringify(report)))).toEqual(report);
  expect(report.findings[1]!.value).toBeNull();
});

test.each<[string, object, RegExp]>([
  [
    'a refusal that calls itself accepted',
    { ...reportOf([holds, fails]), kind: 'accepted' },
    /its findings say otherwise/,
  ],
  ['a verdict without findings', { ...reportOf([holds]), findings: [] }, /findings are none/],
  ['another format', { ...reportOf([holds]), format: 'x' }, /format is x/],
  ['a candidate without a hash', { ...reportOf([holds]), candidate: { name: 'm', version: '1' } }, /candidate is not/],
])('refuses %s', (_, document, message) => {
  expect(() => parseGateReport(document)).toThrow(message);
});
