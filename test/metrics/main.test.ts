// The gateway as a process: its configuration, its end.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../src/metrics/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'metrics-main-'));
const file = join(folder, 'metrics.json');

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(config: object) {
  writeFileSync(file, JSON.stringify(config));
  return spawn(process.execPath, [MAIN, '--config', file]);
}

it('says where it listens, answers, and ends on SIGTERM', async () => {
  const child = start({ lab: 'x', listen: { address: '127.0.0.1', port: 0 }, targets: [] });
  const [line] = await once(child.stdout, 'data');
  const { event, port } = JSON.parse(String(line));
  expect(event).toBe('listening');
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

it('names every mistake of its configuration with its place', async () => {
  const child = start({
    lab: '',
    listen: { address: 'localhost', port: 70_000 },
    targets: [{ node: 'n', nodeKind: 'pop', city: 'c', service: 's', kind: 'snmp', socket: '/s' }],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  expect(await once(child, 'close')).toEqual([1, null]);
  for (const place of ['lab', 'listen.address', 'listen.port', 'targets.0.kind'])
    expect(said).toContain(`${file}: ${place}: `);
});
