// BIRD's and unbound's own words as metrics: real samples, and whatever else a socket may say.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { birdFamilies } from '../../src/metrics/bird-metrics.ts';
import { formatFamilies } from '../../src/metrics/exposition.ts';
import { unboundFamilies } from '../../src/metrics/unbound-metrics.ts';
import { type BirdReply, parseReplies } from '../../src/routing/birdc-output.ts';
import { BIRD_PROTOCOLS, BIRD_ROUTE_COUNT, UNBOUND_STATISTICS } from './support/samples.ts';

function reply(text: string): BirdReply {
  const [first] = parseReplies(text).replies;
  if (!first) throw new Error('no whole reply');
  return first;
}

const lines = (families: Parameters<typeof formatFamilies>[0]) =>
  formatFamilies(families)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

describe('BIRD', () => {
  it('tells sessions, route changes by session and direction, and the size of its tables', () => {
    expect(lines(birdFamilies(reply(BIRD_PROTOCOLS), reply(BIRD_ROUTE_COUNT)))).toEqual([
      'bird_bgp_session_established{session="ebgp_t1_lon"} 1',
      'bird_bgp_session_established{session="ebgp_t2_lon"} 0',
      'bird_bgp_route_changes_total{session="ebgp_t1_lon",direction="received"} 14',
      'bird_bgp_route_changes_total{session="ebgp_t1_lon",direction="sent"} 7',
      'bird_bgp_route_changes_total{session="ebgp_t2_lon",direction="received"} 0',
      'bird_bgp_route_changes_total{session="ebgp_t2_lon",direction="sent"} 0',
      'bird_routes 31',
      'bird_networks 18',
    ]);
  });

  it('never makes a number that is none, whatever the lines are', () => {
    const line = fc.record({
      code: fc.constantFrom(1002, 1006, 1007, 0, 9001),
      text: fc.oneof(
        fc.string(),
        fc.stringMatching(/^ *(Import|Export) (updates|withdraws): [\d -]{0,20}$/),
        fc.stringMatching(/^[a-z]{0,5} BGP --- (up|start) \S{0,4} (Established)?$/),
        fc.stringMatching(/^\d{1,4} of \d{1,4} routes for \d{1,4} networks in table/),
      ),
    });
    fc.assert(
      fc.property(fc.array(line), fc.array(line), (a, b) => {
        for (const { samples } of birdFamilies({ code: 0, lines: a }, { code: 14, lines: b }))
          for (const { value } of samples) expect(value).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('unbound', () => {
  it('tells queries, hits, misses and the time of recursion', () => {
    expect(lines(unboundFamilies(UNBOUND_STATISTICS))).toEqual([
      'unbound_queries_total 7',
      'unbound_cache_hits_total 5',
      'unbound_cache_misses_total 2',
      'unbound_expired_answers_total 0',
      'unbound_recursive_replies_total 2',
      'unbound_recursions_under_way 0',
      'unbound_recursion_average_seconds 0.059857',
    ]);
  });

  it('that says something else is an error that quotes it', () => {
    expect(() => unboundFamilies('error unknown command\n')).toThrow(
      'no statistics in its answer: error unknown command',
    );
    expect(() => unboundFamilies('')).toThrow('no statistics');
  });

  it('gives finite numbers or an error, whatever it says', () => {
    const line = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.constantFrom('total.num.queries', 'constructor', '__proto__'), fc.string())
        .map((pair) => pair.join('=')),
      fc.nat().map((n) => `total.num.queries=${n}`),
    );
    fc.assert(
      fc.property(fc.array(line), (text) => {
        try {
          for (const { samples } of unboundFamilies(text.join('\n')))
            for (const { value } of samples) expect(Number.isFinite(value)).toBe(true);
        } catch (error) {
          expect((error as Error).message).toContain('no statistics');
        }
      }),
    );
  });
});
