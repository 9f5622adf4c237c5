import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import { parseChanges, parseHostConfig, parseHostState } from '../../../src/shaping/relay/host-config.ts';

const config = {
  seed: 7,
  links: [
    {
      name: 'fra--ams',
      a: { vni: 1, address: '10.0.0.2' },
      b: { vni: 2, address: '10.0.0.3' },
      aToB: { delayMs: 5 },
      bToA: { delayMs: 5, lossPercent: 1 },
    },
  ],
  underlay: { address: '10.0.0.1' },
  relayCommand: ['node', 'relay.js'],
};

describe('the configuration of the relay host', () => {
  it('is read as it was written', () => {
    expect(parseHostConfig(JSON.stringify(config), 'relay.json')).toEqual(config);
  });

  it('is refused with every mistake and its place', () => {
    const [link] = config.links;
    const wrong = {
      ...config,
      underlay: { address: 'fd00::1' },
      links: [
        { ...link, aToB: { delayMs: -1 } },
        { ...link, bToA: { delayMs: 1, lossPercent: 101 } },
      ],
    };
    const refusal =
      /links\.0\.aToB\.delayMs[\s\S]*links\.1\.bToA\.lossPercent[\s\S]*underlay\.address: not an IPv4/;
    expect(() => parseHostConfig(JSON.stringify(wrong), 'relay.json')).toThrow(refusal);
  });
});

describe('what comes over the socket', () => {
  it('is one change or several', () => {
    const change = { link: 'fra--ams', direction: 'aToB', blackhole: true };
    expect(parseChanges(JSON.stringify(change))).toEqual([change]);
    expect(parseChanges(JSON.stringify([change, change]))).toEqual([change, change]);
  });

  it.each([
    ['nothing', ''],
    ['half of something', '{"link":"fra'],
    ['a change of no link', '{"blackhole":true}'],
    ['a key that is not known', '{"link":"fra--ams","blackHole":true}'],
    ['an impossible loss', '{"link":"fra--ams","impairment":{"delayMs":1,"lossPercent":200}}'],
  ])('is refused when it is %s', (_what, text) => {
    expect(() => parseChanges(text)).toThrow(UserError);
  });

  it('whatever it is, is read or refused in plain words', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        for (const parse of [parseChanges, parseHostConfig, parseHostState]) {
          try {
            parse(text, 'file');
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        }
      }),
    );
  });
});
