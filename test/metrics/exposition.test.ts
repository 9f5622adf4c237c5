// The text format: what is written can be read back, and Prometheus' own reader finds nothing wrong with it.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Family, formatFamilies } from '../../src/metrics/exposition.ts';

const PROMTOOL = '/usr/bin/promtool';

const family = (samples: Family['samples']): Family => ({
  name: 'lab_things_total',
  help: 'Things.',
  type: 'counter',
  samples,
});

it('writes help, type and a line per sample', () => {
  const samples = [{ labels: { a: '1', b: 'two' }, value: 3 }, { value: 0.5 }];
  expect(formatFamilies([family(samples)])).toBe(
    '# HELP lab_things_total Things.\n# TYPE lab_things_total counter\nlab_things_total{a="1",b="two"} 3\nlab_things_total 0.5\n',
  );
});

it('leaves out what has no samples', () => {
  expect(formatFamilies([family([])])).toBe('');
});

it('keeps any label value on its line, and whole', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const lines = formatFamilies([family([{ labels: { name: value }, value: 1 }])]).split('\n');
      expect(lines).toHaveLength(4);
      const quoted = /^lab_things_total\{name="(.*)"\} 1$/s.exec(lines[2] ?? '')?.[1] ?? '';
      const back = quoted.replaceAll(/\\(.)/gs, (_, char: string) => (char === 'n' ? '\n' : char));
      expect(back).toBe(value);
    }),
  );
});

it.skipIf(!existsSync(PROMTOOL))('is read by promtool', () => {
  const samples = ['plain', 'a "quoted" one', 'C:\\n', 'two\nlines', 'Zürich'].map((name, value) => ({
    labels: { name },
    value,
  }));
  const { status, stderr } = spawnSync(PROMTOOL, ['check', 'metrics'], {
    input: formatFamilies([family(samples)]),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
