import { beforeEach, describe, expect, it } from 'vitest';
import { LinkTable } from '../../src/runtimes/link-table.ts';
import { PLAN, recordingPorts } from './recording-ports.ts';

let ports: ReturnType<typeof recordingPorts>;
let links: LinkTable;
beforeEach(() => {
  ports = recordingPorts();
  links = new LinkTable(PLAN, ports.links);
});
const stateOf = (name: string, table = links) => table.status().find((each) => each.name === name)?.state;

describe('a link', () => {
  it('that two failures hold down comes up with the second restore, and nothing is done before', async () => {
    await links.setDown(['one', 'two'], 'pop', true);
    await links.setDown(['one'], 'one', true);
    ports.done.length = 0;
    await links.setDown(['one', 'two'], 'pop', false);
    expect([stateOf('one'), stateOf('two')]).toEqual(['down', 'up']);
    expect(ports.done).toEqual(['pop: two up', 'router: two up']);
    await links.setDown(['one'], 'one', false);
    expect(stateOf('one')).toBe('up');
  });

  it('that is down and silent is down, then silent', async () => {
    await links.setSilent(['one'], 'pop', true);
    await links.setDown(['one'], 'one', true);
    expect(stateOf('one')).toBe('down');
    await links.setDown(['one'], 'one', false);
    expect(stateOf('one')).toBe('silent');
  });

  it('is silent whatever was asked for while the shaper does not work', () => {
    const dead = new LinkTable(PLAN, { ...ports.links, shaper: { ...ports.links.shaper, working: false } });
    expect(dead.status().map(({ state }) => state)).toEqual(['silent', 'silent', 'silent']);
  });

  it('changes in the fields that are given only', async () => {
    await links.change('far', { aToB: { delayMs: 40, lossPercent: 1 } });
    await links.change('far', { aToB: { delayMs: 20 } });
    expect(links.status().at(-1)).toMatchObject({
      aToB: { delayMs: 20, lossPercent: 1 },
      bToA: { delayMs: 5 },
    });
    expect(ports.done).toContain('shape far 20 5');
  });

  it('that is unknown is refused and nothing is done', async () => {
    await expect(links.setDown(['one', 'none'], 'x', true)).rejects.toThrow('no link none');
    await expect(links.change('none', { down: true })).rejects.toThrow('no link none');
    expect(ports.done).toEqual([]);
    expect(stateOf('one')).toBe('up');
  });
});

describe('what cannot be applied', () => {
  it('is not remembered, and what of it was done is undone', async () => {
    ports.refuse.what = /router: two down/;
    await expect(links.setDown(['one', 'two'], 'pop', true)).rejects.toThrow('refused');
    expect([stateOf('one'), stateOf('two')]).toEqual(['up', 'up']);
    expect(ports.done).toEqual(
      expect.arrayContaining([
        'pop: one down',
        'router: one down',
        'pop: two down',
        'pop: one up',
        'pop: two up',
      ]),
    );
    expect(links.snapshot()).toEqual({});
  });

  it('leaves a link that cannot come back failed', async () => {
    await links.setSilent(['one'], 'one', true);
    ports.refuse.what = /blackhole one false/;
    await expect(links.setSilent(['one'], 'one', false)).rejects.toThrow('refused');
    expect(stateOf('one')).toBe('silent');
    ports.refuse.what = undefined;
    await links.setSilent(['one'], 'one', false);
    expect(stateOf('one')).toBe('up');
  });

  it('keeps a link at the delay that it has', async () => {
    ports.refuse.what = /shape/;
    await expect(links.change('far', { aToB: { delayMs: 40 } })).rejects.toThrow('refused');
    expect(links.status().at(-1)?.aToB).toEqual({ delayMs: 5 });
    expect(links.snapshot()).toEqual({});
  });
});

describe('a snapshot', () => {
  it('is JSON from which another process goes on as this one would', async () => {
    await links.setDown(['one', 'two'], 'pop', true);
    await links.setSilent(['far'], 'far', true);
    await links.change('far', { bToA: { delayMs: 9 } });
    const saved = JSON.parse(JSON.stringify(links.snapshot()));
    const later = new LinkTable(PLAN, ports.links, saved);
    expect(later.status()).toEqual(links.status());
    expect(later.snapshot()).toEqual(saved);
    await later.setDown(['one', 'two'], 'pop', false);
    expect(stateOf('one', later)).toBe('up');
  });

  it('is empty while everything is as planned', async () => {
    await links.setDown(['one'], 'one', true);
    await links.setDown(['one'], 'one', false);
    expect(links.snapshot()).toEqual({});
  });
});
