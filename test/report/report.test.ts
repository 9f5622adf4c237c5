import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { compare } from '../../src/measurement/comparison.ts';
import { comparisonCsv } from '../../src/report/csv.ts';
import { htmlReport } from '../../src/report/html/page.ts';
import { readReport, writeReport } from '../../src/report/io/write-report.ts';
import { comparisonTable, failoverTable } from '../../src/report/terminal-table.ts';
import { syntheticSamples, tiny } from '../measurement/support.ts';
import { failoverReport } from './support.ts';

const samples = syntheticSamples();
const predictions = new Map([
  [
    'paris',
    { pop: 'pop-lon', asPath: [64497, 64500], explanation: 'T2 prefers "customer" routes, <always>' },
  ],
]);
const comparison = compare({ topology: tiny, samples, family: 4, shaping: 'relay', predictions });
const plain = { colour: false };

test('the table has a line per location and marks POPs that are not the best', () => {
  const lines = comparisonTable(comparison, plain).split('\n');
  const paris = lines.find((line) => line.startsWith('Paris'));
  expect(paris).toMatch(/60 M\s+fra\s+12\.0\s+fra\s+.*\s+lon!\s+2\.0\s+50\.0\s+102$/);
  expect(lines.find((line) => line.startsWith('Amsterdam'))).toContain('lon*');
  expect(lines.find((line) => line.startsWith('Dublin'))).not.toMatch(/[!*]/);
});

test.each([120, 100, 80, 60, 48])('the table fits into %i columns and keeps every POP', (width) => {
  const table = comparisonTable(comparison, { width, colour: false });
  const rows = table.split('\n').slice(0, 5);
  for (const row of rows) expect(row.length).toBeLessThanOrEqual(width);
  expect(rows.find((line) => line.startsWith('Paris'))).toMatch(/fra.*fra.*fra.*lon!/);
});

test('headings stand above their columns', () => {
  const [groups = '', titles = ''] = comparisonTable(comparison, plain).split('\n');
  for (const group of ['best', 'DNS nearest', 'DNS latency', 'anycast']) {
    expect(titles.slice(groups.indexOf(group))).toMatch(/^POP/);
  }
});

test('colours are only used when asked for', () => {
  expect(comparisonTable(comparison, plain)).not.toContain('\u001b');
  expect(comparisonTable(comparison, { colour: true })).toContain('\u001b[');
});

test('the failover table tells lost, recovery and broken downloads per strategy', () => {
  const table = failoverTable(failoverReport, plain);
  expect(table).toMatch(/anycast, affected\s+1\s+\d+\s+20\s+0\s+2\.0 s\s+1 of 1/);
  expect(table).toMatch(/Paris\s+anycast\s+fra > lon > fra/);
});

test('CSV has a row per client and strategy, fields quoted where they must be', () => {
  const rows = comparisonCsv(comparison).trimEnd().split('\r\n');
  expect(rows).toHaveLength(1 + 3 * 3);
  expect(rows[0]).toContain('client,city,country,users_million');
  expect(rows.find((row) => row.includes('Paris') && row.includes('anycast'))).toContain(
    '"T2 prefers ""customer"" routes, <always>; AS path 64497 64500"',
  );
});

test('the page has all sections and needs nothing from a network', () => {
  const html = htmlReport({ comparison, samples, failover: failoverReport });
  for (const id of [
    'verdict',
    'catchments',
    'latency-over-users',
    'locations',
    'dns-against-anycast',
    'fidelity-and-conditions',
  ]) {
    expect(html).toContain(`<section id="${id}"`);
  }
  expect(html).toContain('Failover: pop-fra fails (silent)');
  expect(html).not.toMatch(/(?:src|href)="(?!#|data:)/);
  expect(html).not.toMatch(/<script|@import|url\(/);
  expect(html).not.toContain('NaN');
  expect(html).not.toContain('undefined');
});

test('text from outside is escaped', () => {
  const html = htmlReport({ comparison, samples });
  expect(html).not.toContain('<always>');
  expect(html).toContain('&#60;always&#62;');
});

test('the same input gives the same page', () => {
  expect(htmlReport({ comparison, samples })).toBe(htmlReport({ comparison, samples }));
});

test('a comparison without any answer still makes a page', () => {
  const empty = compare({ topology: tiny, samples: [], family: 4, shaping: 'off' });
  expect(htmlReport({ comparison: empty, samples: [] })).toContain('nothing to compare');
  expect(comparisonTable(empty, plain)).toContain('Paris');
});

const folder = await mkdtemp(join(tmpdir(), 'catchment-report-'));
afterAll(() => rm(folder, { recursive: true }));

test('a report that was written can be read and made again', async () => {
  const files = await writeReport(join(folder, 'a'), { comparison, samples, failover: failoverReport });
  expect(Object.keys(files).sort()).toEqual(['comparison', 'csv', 'failover', 'html', 'samples']);
  const model = await readReport(join(folder, 'a'));
  expect(model).toEqual({ comparison, samples, failover: failoverReport });
});

test('a folder without results is an error that says what to type', async () => {
  await expect(readReport(join(folder, 'none'))).rejects.toThrow('./lab compare');
});
