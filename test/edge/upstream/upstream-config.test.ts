import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from '../../../src/base/schema.ts';
import { upstreamProblems, upstreamSchema } from '../../../src/edge/upstream/upstream-config.ts';

const one = { address: '192.0.2.1', port: 80 };
const problems = (config: object) =>
  upstreamProblems(z.parse(upstreamSchema, config)).map(({ path, message }) => `${path}: ${message}`);

describe('the configuration of the way to the origin', () => {
  it('takes one origin as before, or a list', () => {
    expect(problems({ origin: { host: 'o', ...one } })).toEqual([]);
    expect(problems({ origin: { host: 'o' }, origins: [one, { ...one, port: 81, priority: 1 }] })).toEqual(
      [],
    );
  });

  it('takes what its README shows', () => {
    const readme = readFileSync(new URL('../../../src/edge/upstream/README.md', import.meta.url), 'utf8');
    const [, example = ''] = /```json\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(problems(JSON.parse(example))).toEqual([]);
  });

  it('says what does not fit together, all at once', () => {
    expect(
      problems({
        origin: { host: 'o' },
        peers: {
          self: 'c',
          members: [
            { name: 'a', ...one },
            { name: 'a', ...one },
          ],
        },
      }),
    ).toEqual([
      'origin: address and port are missing (or list the origins in `origins`)',
      'peers.members: a is listed twice',
      'peers.self: c is not one of the members',
    ]);
    expect(problems({ origin: { host: 'o', ...one }, origins: [one, one] })).toEqual([
      'origin.address: given here and in `origins`; keep one',
      'origins: 192.0.2.1:80 is listed twice',
    ]);
  });

  it.each([
    { origin: { host: 'o', ...one, weight: 1 } },
    { origin: { host: 'o' }, origins: [] },
    { origin: { host: 'o', ...one }, balance: { policy: 'random' } },
    { origin: { host: 'o', ...one }, balance: { policy: 'bounded-load', loadFactor: 1 } },
    { origin: { host: 'o', ...one }, forwarded: { trust: ['everybody'] } },
    { origin: { host: 'o', ...one }, peers: { self: 'a', members: [{ name: 'not a token', ...one }] } },
  ])('refuses %j', (config) => {
    expect(z.safeParse(upstreamSchema, config).success).toBe(false);
  });
});
