// What the docker runtime keeps in a lab's folder: the record that commands share, the nodes' volatile folders with the
// sockets in them, and the labels that say what belongs to which folder.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  changeRecord,
  readRecord,
  removeRecord,
  writeRecord,
} from '../../../src/runtimes/docker/lab-record.ts';
import { labelFilter, labLabels } from '../../../src/runtimes/docker/labels.ts';
import {
  makeRunFolders,
  removeRunFolders,
  runFolder,
  serviceUser,
} from '../../../src/runtimes/docker/run-folders.ts';

const RECORD = {
  shaping: 'relay',
  startedAt: '2026-11-21T08:00:00.000Z',
  state: 'started',
  engine: '/x',
} as const;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catchment-folder-'));
  vi.stubEnv('CATCHMENT_LAB_DIR', folder);
  mkdirSync(join(folder, 'tiny'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe('the record', () => {
  it('is as it was written, and gone when removed', () => {
    expect(readRecord('tiny')).toBeUndefined();
    writeRecord('tiny', RECORD);
    expect(readRecord('tiny')).toEqual(RECORD);
    removeRecord('tiny');
    expect(readRecord('tiny')).toBeUndefined();
  });

  it('keeps what a change had done before it failed, and can be changed after it', async () => {
    writeRecord('tiny', RECORD);
    const failing = changeRecord('tiny', async (record) => {
      record.shaping = 'off';
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(readRecord('tiny')).toEqual({ ...RECORD, shaping: 'off' });
    await changeRecord('tiny', async (record) => {
      record.shaping = 'netem';
    });
    expect(readRecord('tiny')?.shaping).toBe('netem');
    expect(readdirSync(join(folder, 'tiny'))).toEqual(['docker.json']);
  });

  it('tells that a lab is gone', async () => {
    await expect(changeRecord('tiny', async () => {})).rejects.toThrow('lab tiny is gone');
  });

  it('loses nothing when several processes and several changes of one are at it, after a lock of the dead', async () => {
    writeRecord('tiny', { ...RECORD, failures: {} });
    writeFileSync(join(folder, 'tiny', 'change.lock'), '{"initPid":4194305,"startTicks":1}');
    const program = `
      import { changeRecord } from ${JSON.stringify(join(import.meta.dirname, '../../../src/runtimes/docker/lab-record.ts'))};
      const one = (key) => changeRecord('tiny', async (record) => {
        const before = record.failures;
        await new Promise((done) => setTimeout(done, Math.random() * 3));
        record.failures = { ...before, [key]: 'silent' };
      });
      for (let round = 0; round < 20; round++)
        await Promise.all([one(process.pid + '/a' + round), one(process.pid + '/b' + round)]);
    `;
    const children = [1, 2, 3].map(() =>
      spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'inherit', 'inherit'],
      }),
    );
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
    expect(codes).toEqual([0, 0, 0]);
    expect(Object.keys(readRecord('tiny')?.failures ?? {})).toHaveLength(3 * 20 * 2);
    expect(readdirSync(join(folder, 'tiny'))).toEqual(['docker.json']);
  });
});

describe('the volatile folder of a node', () => {
  it.each([
    ['a short path', ''],
    ['a path that is longer than that of a socket may be', 'a-folder-with-a-long-name/'.repeat(5)],
  ])('takes sockets under %s', async (_which, deep) => {
    vi.stubEnv('CATCHMENT_LAB_DIR', join(folder, deep));
    mkdirSync(join(folder, deep, 'tiny'), { recursive: true });
    makeRunFolders('tiny', ['paris', 'pop-fra']);
    makeRunFolders('tiny', ['paris', 'pop-fra']);
    const path = join(runFolder('tiny', 'pop-fra'), 'control-socket.sock');
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(107);
    const server = createServer((connection) => connection.end('pop-fra')).listen(path);
    await once(server, 'listening');
    // In the folder that containers mount, whatever the way there.
    expect(existsSync(join(folder, deep, 'tiny', 'run', 'pop-fra', 'control-socket.sock'))).toBe(true);
    const client = createConnection(path);
    const [said] = await once(client.setEncoding('utf8'), 'data');
    expect(said).toBe('pop-fra');
    server.close();
    client.destroy();
    removeRunFolders('tiny');
    expect(existsSync(runFolder('tiny', 'pop-fra'))).toBe(false);
    expect(readdirSync(join(folder, deep, 'tiny'))).toEqual([]);
  });

  it('is never the same way for two labs', () => {
    vi.stubEnv('CATCHMENT_LAB_DIR', join(folder, 'x'.repeat(120)));
    expect(runFolder('one', 'paris')).not.toBe(runFolder('two', 'paris'));
    expect(runFolder('one', 'paris')).toBe(runFolder('one', 'paris'));
  });

  it('belongs to the user of the services, who is not root', () => {
    expect(serviceUser()).toMatch(/^[1-9]\d*:\d+$/);
    makeRunFolders('tiny', ['paris']);
    const { uid, gid } = statSync(join(folder, 'tiny', 'run', 'paris'));
    expect(`${uid}:${gid}`).toBe(serviceUser());
  });
});

it('labels tell two checkouts with labs of one name apart', () => {
  const one = { name: 'tiny', folder: '/a/.lab/tiny' };
  expect(labelFilter(one)).toEqual({
    label: ['io.catchment.lab=tiny', 'io.catchment.folder=/a/.lab/tiny'],
  });
  expect(labLabels(one)).not.toEqual(labLabels({ ...one, folder: '/b/.lab/tiny' }));
});
