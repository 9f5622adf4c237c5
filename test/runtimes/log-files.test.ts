import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readLogs } from '../../src/runtimes/log-files.ts';
import type { LogOptions } from '../../src/runtimes/runtime.ts';

let logs: string;
const file = (service: string) => join(logs, 'pop', `${service}.log`);
beforeEach(() => {
  logs = mkdtempSync(join(tmpdir(), 'catchment-logs-'));
  mkdirSync(join(logs, 'pop'));
  writeFileSync(file('dns'), 'one\ntwo\n\nthree');
  writeFileSync(file('bird'), 'up\n');
});
afterEach(() => rmSync(logs, { recursive: true }));

async function text(node: string, service?: string, options: LogOptions = {}): Promise<string[]> {
  const lines: string[] = [];
  for await (const each of readLogs(logs, node, service, options))
    lines.push(`${each.service}: ${each.line}`);
  return lines;
}

it('gives every service of a node, or one, or only the last lines of each', async () => {
  expect(await text('pop')).toEqual(['bird: up', 'dns: one', 'dns: two', 'dns: three']);
  expect(await text('pop', 'bird')).toEqual(['bird: up']);
  expect(await text('pop', undefined, { lines: 1 })).toEqual(['bird: up', 'dns: three']);
  expect(await text('pop', undefined, { lines: 0 })).toEqual([]);
  expect(await text('nowhere')).toEqual([]);
});

it('follows whole lines, of files too that come later, until it is told to stop', async () => {
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const { service, line } of readLogs(logs, 'pop', undefined, {
    follow: true,
    signal: stop.signal,
  })) {
    seen.push(`${service}: ${line}`);
    if (line === 'two') {
      // The euro sign is cut within.
      appendFileSync(file('dns'), Buffer.from(' \u20ac').subarray(0, 2));
      setTimeout(
        () =>
          appendFileSync(file('dns'), Buffer.concat([Buffer.from('\u20ac').subarray(1), Buffer.from('\n')])),
        500,
      );
    }
    if (line.startsWith('three')) writeFileSync(file('agent'), 'hello\n');
    if (line === 'hello') stop.abort();
  }
  expect(seen).toEqual(['bird: up', 'dns: one', 'dns: two', 'dns: three \u20ac', 'agent: hello']);
});

it('ends by itself once nobody writes, with what was written last', async () => {
  let written = true;
  const seen: string[] = [];
  for await (const { line } of readLogs(logs, 'pop', 'bird', { follow: true, isWritten: () => written })) {
    seen.push(line);
    written = false;
    if (line === 'up') appendFileSync(file('bird'), 'down\n');
  }
  expect(seen).toEqual(['up', 'down']);
});

it('starts over with a file that was cut', async () => {
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const { line } of readLogs(logs, 'pop', 'dns', { follow: true, signal: stop.signal })) {
    seen.push(line);
    if (line === 'two') writeFileSync(file('dns'), 'new\n');
    if (line === 'new') stop.abort();
  }
  expect(seen).toEqual(['one', 'two', 'new']);
});
