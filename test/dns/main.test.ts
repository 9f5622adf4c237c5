import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'catchment-dns-main-'));
  writeFileSync(
    join(folder, 'a.zone'),
    '$ORIGIN a.\n$TTL 9\n@ SOA n h 1 3600 600 86400 60\n@ NS n\nn A 1.2.3.4\n',
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const child = spawn(process.execPath, ['src/dns/main.ts', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stderr }));
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
    // Once: a second signal ends it at once, as an impatient person wants.
    if (stderr.includes('"ready"') && !child.killed) child.kill('SIGTERM');
  });
  return ended;
}

it('says that it is ready, and ends cleanly on SIGTERM', async () => {
  const config = { listen: [{ address: '127.0.0.1', port: 0 }], zones: ['a.zone'] };
  writeFileSync(join(folder, 'dns.json'), JSON.stringify(config));
  const { code, stderr } = await run('--config', join(folder, 'dns.json'));
  expect(code).toBe(0);
  const log = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(log.map(({ message }) => message)).toEqual(['ready', 'ending']);
});

it('exits with 2 and the usage when called wrongly', async () => {
  expect(await run('--colour')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('usage: node src/dns/main.ts'),
  });
});

it('exits with 1 and every problem when the config is wrong', async () => {
  writeFileSync(join(folder, 'bad.json'), JSON.stringify({ listen: [], zones: [], nsid: 3 }));
  const { code, stderr } = await run('--config', join(folder, 'bad.json'));
  expect(code).toBe(1);
  expect(stderr.trim().split('\n').length).toBe(3);
});
