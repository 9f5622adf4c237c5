// Events of a lab: the engine's, as engine 20.10 sends them, and the commands' own, merged.

import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { labEvents, recordEvent, translate } from '../../../src/runtimes/docker/events.ts';
import {
  FOLDER_LABEL,
  LAB_LABEL,
  labelFilter,
  NODE_LABEL,
  SERVICE_LABEL,
} from '../../../src/runtimes/docker/labels.ts';
import type { LabEvent } from '../../../src/runtimes/runtime.ts';

const LAB = { name: 'tiny', folder: '/home/you/catchment/.lab/tiny' };

/** The shape that /events has sent, with the attributes that count. */
function engineEvent(Action: string, attributes: Record<string, string> = {}, seconds = 1_795_249_980) {
  return {
    status: Action,
    id: '7570aa1f09352e91e3471efd28b994e538a8fe04128754862af2d05be453cf6d',
    from: 'catchment/service:4ad18bc5c6f8',
    Type: 'container',
    Action,
    Actor: {
      ID: '7570aa1f09352e91e3471efd28b994e538a8fe04128754862af2d05be453cf6d',
      Attributes: {
        'com.docker.compose.project': 'catchment-tiny',
        'com.docker.compose.service': 'pop-fra.dns',
        image: 'catchment/service:4ad18bc5c6f8',
        name: 'catchment-tiny_pop-fra.dns_1',
        [FOLDER_LABEL]: LAB.folder,
        [LAB_LABEL]: LAB.name,
        [NODE_LABEL]: 'pop-fra',
        [SERVICE_LABEL]: 'dns',
        ...attributes,
      },
    },
    scope: 'local',
    time: seconds,
    timeNano: seconds * 1e9 + 123_456_789,
  };
}

describe('an event of the engine', () => {
  it.each([
    ['start', {}, 'service-started', 'pop-fra/dns started'],
    ['die', { exitCode: '137' }, 'service-died', 'pop-fra/dns exited with code 137'],
    ['kill', { signal: '9' }, 'service-killed', 'pop-fra/dns was sent signal 9'],
    ['oom', {}, 'service-out-of-memory', 'pop-fra/dns met its memory limit'],
    ['pause', {}, 'service-paused', 'pop-fra/dns is paused'],
    ['unpause', {}, 'service-resumed', 'pop-fra/dns goes on'],
    ['health_status: unhealthy', {}, 'service-unhealthy', 'pop-fra/dns fails its health check'],
  ])('%s says something of a service', (action, attributes, kind, message) => {
    expect(translate(engineEvent(action, attributes))).toEqual({
      at: '2026-11-21T08:33:00.123Z',
      kind,
      subject: 'pop-fra/dns',
      message,
    });
  });

  it.each([
    'create',
    'destroy',
    'stop',
    'exec_create: /usr/local/bin/node -e require("http")',
    'exec_start: birdc -s /run/catchment/bird.ctl show status',
    'exec_die',
    'health_status: healthy',
    'resize',
  ])('%s is none of the lab', (action) => {
    expect(translate(engineEvent(action))).toBeUndefined();
  });

  it("tells of a node only that it lost its network, and has the engine's seconds where there is no more", () => {
    const { timeNano: _, ...event } = engineEvent('die', { exitCode: '0' });
    const { [SERVICE_LABEL]: __, ...Attributes } = event.Actor.Attributes;
    expect(translate({ ...event, Actor: { Attributes } })).toMatchObject({
      at: '2026-11-21T08:33:00.000Z',
      kind: 'node-died',
      subject: 'pop-fra',
    });
    expect(translate({ ...event, Action: 'start', Actor: { Attributes } })).toBeUndefined();
  });
});

describe('the events of a lab', () => {
  let folder: string;
  let server: Server;
  let asked: URL[];
  let docker: Docker;
  let engineEnds: () => void;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'catchment-events-'));
    vi.stubEnv('CATCHMENT_LAB_DIR', folder);
    mkdirSync(join(folder, LAB.name));
    asked = [];
    // As the engine does: what there was since, then what comes, until the caller leaves.
    server = createServer((request, response) => {
      asked.push(new URL(request.url ?? '', 'http://docker'));
      response.write(`${JSON.stringify(engineEvent('die', { exitCode: '1' }))}\n`);
      response.write(`${JSON.stringify(engineEvent('exec_die'))}\n`);
      engineEnds = () => response.destroy();
    }).listen(join(folder, 'docker.sock'));
    await once(server, 'listening');
    docker = new Docker({ socketPath: join(folder, 'docker.sock') });
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  async function collect(count: number, fromStart = true): Promise<LabEvent[]> {
    const stop = new AbortController();
    const found: LabEvent[] = [];
    const options = { since: '2026-11-21T08:00:00.000Z', fromStart, signal: stop.signal };
    for await (const event of labEvents(docker, LAB, options)) {
      if (found.push(event) === count) stop.abort();
    }
    return found;
  }

  it("are the engine's of that lab and the commands' own", async () => {
    recordEvent(LAB.name, 'failed', 'pop-fra', 'pop-fra fails silently');
    const events = await collect(2);
    expect(events.map(({ kind }) => kind).toSorted()).toEqual(['failed', 'service-died']);
    expect(JSON.parse(asked[0]?.searchParams.get('filters') ?? '')).toEqual({
      ...labelFilter(LAB),
      type: ['container'],
    });
    expect(asked[0]?.searchParams.get('since')).toBe(String(Date.parse('2026-11-21T08:00:00.000Z') / 1000));
  });

  it('go on after a line that a full disk has cut, and with characters of any length', async () => {
    appendFileSync(join(folder, LAB.name, 'events.jsonl'), '{"at":"2026-11-2\n');
    recordEvent(LAB.name, 'failed', undefined, 'Zürich – 東京');
    const events = await collect(2);
    expect(events.map(({ message }) => message)).toContain('Zürich – 東京');
  });

  it('say so when the engine has gone', async () => {
    recordEvent(LAB.name, 'failed', undefined, 'one');
    const stop = new AbortController();
    const kinds: string[] = [];
    const options = { since: '2026-11-21T08:00:00.000Z', fromStart: true, signal: stop.signal };
    for await (const { kind } of labEvents(docker, LAB, options)) {
      kinds.push(kind);
      if (kind === 'service-died') engineEnds();
      if (kind === 'engine-gone') stop.abort();
    }
    expect(kinds).toContain('engine-gone');
  });

  it('end when the lab is down, which takes its file away', async () => {
    recordEvent(LAB.name, 'failed', undefined, 'one');
    const options = { since: '2026-11-21T08:00:00.000Z', fromStart: true };
    for await (const { kind } of labEvents(docker, LAB, options)) {
      if (kind === 'failed') rmSync(join(folder, LAB.name), { recursive: true });
    }
  });

  it('end at once for a lab that has none, or with a signal that was given before', async () => {
    const options = { since: '2026-11-21T08:00:00.000Z', fromStart: true };
    for await (const { kind } of labEvents(docker, LAB, options)) expect(kind).toBe('service-died');
    recordEvent(LAB.name, 'failed', undefined, 'one');
    for await (const _ of labEvents(docker, LAB, { ...options, signal: AbortSignal.abort() })) {
      // Whatever it says first, it ends.
    }
  });
});
