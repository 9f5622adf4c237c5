import { beforeEach, describe, expect, it } from 'vitest';
import { Failures } from '../../src/runtimes/failures.ts';
import { LinkTable } from '../../src/runtimes/link-table.ts';
import type { Target } from '../../src/runtimes/runtime.ts';
import { PLAN, recordingPorts } from './recording-ports.ts';

let ports: ReturnType<typeof recordingPorts>;
let links: LinkTable;
let failures: Failures;
beforeEach(() => {
  ports = recordingPorts();
  links = new LinkTable(PLAN, ports.links);
  failures = new Failures(PLAN, { ...ports.failures, links });
});
const POP: Target = { kind: 'node', node: 'pop' };
const ONE: Target = { kind: 'link', link: 'one' };
const DNS: Target = { kind: 'service', node: 'pop', service: 'dns' };
const states = () => links.status().map(({ state }) => state);

describe('failing', () => {
  it('a node takes all of its links and no others', async () => {
    await failures.fail(POP, 'silent');
    expect(states()).toEqual(['silent', 'silent', 'up']);
    expect(failures.snapshot()).toEqual({ pop: 'silent' });
    expect(ports.done.at(-1)).toBe('event failed pop');
  });

  it('a node and one of its links leaves each failed until it is restored itself', async () => {
    await failures.fail(POP, 'silent');
    await failures.fail(ONE, 'silent');
    await failures.restore(POP);
    expect(states()).toEqual(['silent', 'up', 'up']);
    await failures.restore(ONE);
    expect(states()).toEqual(['up', 'up', 'up']);
  });

  it('what is failed in another way restores it first', async () => {
    await failures.fail(POP, 'silent');
    await failures.fail(POP, 'clean');
    expect(states()).toEqual(['down', 'down', 'up']);
    expect(ports.done).toContain('blackhole one false');
    expect(failures.snapshot()).toEqual({ pop: 'clean' });
  });

  it.each([
    ['clean', 'hold pop/dns'],
    ['silent', 'pause pop/dns'],
  ] as const)('a service %s does %s, and its restore releases it', async (how, what) => {
    await failures.fail(DNS, how);
    await failures.restore(DNS);
    expect(ports.done).toEqual([what, 'event failed pop/dns', 'release pop/dns', 'event restored pop/dns']);
  });

  it('drains a POP by its file', async () => {
    await failures.fail(POP, 'drain');
    await failures.restore(POP);
    expect(ports.done.filter((each) => each.startsWith('drained'))).toEqual([
      'drained pop true',
      'drained pop false',
    ]);
    expect(states()).toEqual(['up', 'up', 'up']);
  });

  it.each<[string, Target, 'drain' | 'clean', RegExp]>([
    ['drains no router', { kind: 'node', node: 'router' }, 'drain', /only a POP/],
    ['drains no link', ONE, 'drain', /only a POP/],
    ['knows no such service', { kind: 'service', node: 'pop', service: 'edge' }, 'clean', /no service edge/],
    ['knows no such link', { kind: 'link', link: 'none' }, 'clean', /no link none/],
  ])('%s, and nothing is recorded', async (_what, target, how, message) => {
    await expect(failures.fail(target, how)).rejects.toThrow(message);
    expect([failures.snapshot(), ports.done]).toEqual([{}, []]);
  });
});

describe('what cannot be applied', () => {
  it('is not recorded', async () => {
    ports.refuse.what = /hold|blackhole two true/;
    await expect(failures.fail(DNS, 'clean')).rejects.toThrow('refused');
    await expect(failures.fail(POP, 'silent')).rejects.toThrow('refused');
    expect(failures.snapshot()).toEqual({});
    expect(states()).toEqual(['up', 'up', 'up']);
  });

  it('as a restore leaves it failed, to be restored again', async () => {
    await failures.fail(DNS, 'silent');
    ports.refuse.what = /release/;
    await expect(failures.restore(DNS)).rejects.toThrow('refused');
    expect(failures.snapshot()).toEqual({ 'pop/dns': 'silent' });
    ports.refuse.what = undefined;
    await failures.restore(DNS);
    expect(failures.snapshot()).toEqual({});
  });
});

it('a restore of what is not failed is refused', async () => {
  await expect(failures.restore(POP)).rejects.toThrow('pop is not failed');
});

it('a snapshot is JSON from which another process restores', async () => {
  await failures.fail(POP, 'clean');
  const [ofLinks, ofFailures] = JSON.parse(JSON.stringify([links.snapshot(), failures.snapshot()]));
  const later = new LinkTable(PLAN, ports.links, ofLinks);
  await new Failures(PLAN, { ...ports.failures, links: later }, ofFailures).restore(POP);
  expect(later.status().map(({ state }) => state)).toEqual(['up', 'up', 'up']);
});
