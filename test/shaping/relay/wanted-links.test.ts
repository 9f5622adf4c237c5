import { describe, expect, it } from 'vitest';
import type { RelayChange, RelayLink } from '../../../src/shaping/relay/protocol.ts';
import { changedLink, WantedLinks } from '../../../src/shaping/relay/wanted-links.ts';

const link: RelayLink = {
  name: 'fra--ams',
  a: { interface: '0a' },
  b: { interface: '0b' },
  aToB: { delayMs: 5 },
  bToA: { delayMs: 6 },
};
const lossy = { delayMs: 5, lossPercent: 1 };

describe('a link that is changed', () => {
  it.each<[string, Omit<RelayChange, 'link'>[], Partial<RelayLink>]>([
    ['takes an impairment for both directions', [{ impairment: lossy }], { aToB: lossy, bToA: lossy }],
    ['or for one', [{ direction: 'bToA', impairment: lossy }], { aToB: link.aToB, bToA: lossy }],
    ['becomes a blackhole and keeps its delays', [{ blackhole: true }], { blackhole: true, aToB: link.aToB }],
    ['is a blackhole in one direction', [{ direction: 'aToB', blackhole: true }], { blackhole: 'aToB' }],
    [
      'is restored in one direction only',
      [{ blackhole: true }, { direction: 'aToB', blackhole: false }],
      { blackhole: 'bToA' },
    ],
    [
      'is a blackhole once both directions are',
      [
        { direction: 'aToB', blackhole: true },
        { direction: 'bToA', blackhole: true },
      ],
      { blackhole: true },
    ],
    [
      'stays a blackhole whatever its delay',
      [{ blackhole: true }, { impairment: lossy }],
      { blackhole: true },
    ],
  ])('%s', (_sentence, changes, expected) => {
    const changed = changes.reduce(
      (before, change) => changedLink(before, { link: link.name, ...change }),
      link,
    );
    expect(changed).toMatchObject(expected);
  });
});

describe('links as they are meant to be', () => {
  it('take all changes or none', () => {
    const wanted = new WantedLinks([link]);
    const changes = [
      { link: 'fra--ams', blackhole: true },
      { link: 'fra--asm', blackhole: true },
    ];
    expect(() => wanted.change(changes)).toThrow(/no link fra--asm[\s\S]*fra--ams/);
    expect(wanted.list()).toEqual([link]);
  });
});
