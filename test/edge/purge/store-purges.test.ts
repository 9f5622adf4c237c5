// Purges on the real store: what each kind covers, and that nothing from before a purge is in the store after it, in
// whatever order fills, changes at the origin and purges come.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CollapsedForwarding } from '../../../src/edge/collapsed-forwarding.ts';
import { compileRoutes } from '../../../src/edge/policy/match.ts';
import { DEFAULT_ROUTE, type RoutePolicy } from '../../../src/edge/policy/route-policy.ts';
import { applyPurge } from '../../../src/edge/purge/apply-purge.ts';
import type { PurgeTarget } from '../../../src/edge/purge/purge-target.ts';
import { type KeySpace, mayConcern, storePurges } from '../../../src/edge/purge/store-purges.ts';
import { createMemoryStore } from '../../../src/edge/store/memory-store.ts';
import { stored } from '../store/stored-responses.ts';

const byClientHost: KeySpace = { site: { originHost: 'o', forwardHost: true }, routes: compileRoutes([]) };
const byOriginHost: KeySpace = { ...byClientHost, site: { originHost: 'o.test', forwardHost: false } };
const device: RoutePolicy = {
  ...DEFAULT_ROUTE,
  match: { hosts: [], paths: ['/m/*'] },
  key: { ...DEFAULT_ROUTE.key, device: true },
};
const query: RoutePolicy = {
  ...DEFAULT_ROUTE,
  match: { hosts: [], paths: ['/q'] },
  key: { ...DEFAULT_ROUTE.key, query: { keep: ['v'], drop: [], sort: true } },
};
const routed: KeySpace = { ...byClientHost, routes: compileRoutes([device, query]) };

describe('a purge in the store’s words', () => {
  it.each([
    ['a URL', byClientHost, { kind: 'url', url: 'http://A.test:80/x?y#z' }, ['key http://a.test/x?y']],
    [
      'a URL of an edge with one site',
      byOriginHost,
      { kind: 'url', url: 'http://any/x' },
      ['key http://o.test/x'],
    ],
    ['a path of an edge with one site', byOriginHost, { kind: 'url', url: '/x' }, ['key http://o.test/x']],
    [
      'a URL that is keyed by more',
      routed,
      { kind: 'url', url: 'http://a/m/1' },
      ['key http://a/m/1', 'prefix http://a/m/1 '],
    ],
    ['a URL whose query is cut', routed, { kind: 'url', url: 'http://a/q?u=1&v=2' }, ['key http://a/q?v=2']],
    ['a prefix', byClientHost, { kind: 'prefix', prefix: 'http://a/x' }, ['prefix http://a/x']],
    ['a host as a prefix', byClientHost, { kind: 'prefix', prefix: 'http://a' }, ['prefix http://a/']],
    ['a host', byClientHost, { kind: 'host', host: 'A:80' }, ['prefix http://a/']],
    [
      'a host of an edge with one site',
      byOriginHost,
      { kind: 'host', host: 'a' },
      ['prefix http://a/', 'prefix http://o.test/'],
    ],
    ['tags', byClientHost, { kind: 'tags', tags: ['x', 'y'] }, ['tag x', 'tag y']],
    ['a key', byClientHost, { kind: 'key', key: 'k' }, ['key k']],
  ] as [string, KeySpace, PurgeTarget, string[]][])('%s', (_, space, target, expected) => {
    const purges = storePurges(target, space);
    expect(purges.map((purge) => `${purge.kind} ${'value' in purge ? purge.value : ''}`)).toEqual(expected);
  });

  it('needs a host where hosts are part of the key', () => {
    expect(() => storePurges({ kind: 'url', url: '/x' }, byClientHost)).toThrow(/needs its own/);
  });

  it('ends the offers of trips that it may be about', () => {
    const concerns = (target: PurgeTarget, key: string) => mayConcern(storePurges(target, byClientHost), key);
    expect(concerns({ kind: 'url', url: 'http://a/x' }, 'http://a/x')).toBe(true);
    expect(concerns({ kind: 'url', url: 'http://a/x' }, 'http://a/xy')).toBe(false);
    expect(concerns({ kind: 'prefix', prefix: 'http://a/x' }, 'http://a/xy')).toBe(true);
    // Nobody knows the tags of what has not arrived.
    expect(concerns({ kind: 'tags', tags: ['t'] }, 'http://a/x')).toBe(true);
    expect(concerns({ kind: 'all' }, 'http://a/x')).toBe(true);
  });
});

const objects = [
  { key: 'http://a/x/1', tags: ['odd', 'all'] },
  { key: 'http://a/x/2', tags: ['all'] },
  { key: 'http://b/y/1', tags: ['odd'] },
];
const targets: { target: PurgeTarget; covered: number[] }[] = [
  { target: { kind: 'all' }, covered: [0, 1, 2] },
  { target: { kind: 'url', url: 'http://a/x/1' }, covered: [0] },
  { target: { kind: 'key', key: 'http://b/y/1' }, covered: [2] },
  { target: { kind: 'tags', tags: ['odd'] }, covered: [0, 2] },
  { target: { kind: 'tags', tags: ['odd', 'all'] }, covered: [0, 1, 2] },
  { target: { kind: 'prefix', prefix: 'http://a/x' }, covered: [0, 1] },
  { target: { kind: 'host', host: 'A:80' }, covered: [0, 1] },
];

type Event =
  | { kind: 'begin'; object: number }
  | { kind: 'origin-reads'; fill: number }
  | { kind: 'end'; fill: number }
  | { kind: 'change-and-purge'; purge: number; soft: boolean };

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('begin' as const), object: fc.nat(objects.length - 1) }),
  fc.record({ kind: fc.constant('origin-reads' as const), fill: fc.nat(7) }),
  fc.record({ kind: fc.constant('end' as const), fill: fc.nat(7) }),
  fc.record({
    kind: fc.constant('change-and-purge' as const),
    purge: fc.nat(targets.length - 1),
    soft: fc.boolean(),
  }),
);

describe('a purge during fills', () => {
  it('lets nothing from before it be served after it', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const store = createMemoryStore({ cacheBytes: 1_000_000, now: () => 1000 });
        const parts = { store, collapsed: new CollapsedForwarding(), keySpace: byClientHost };
        // The origin's version is told by the length of the body.
        let version = 1;
        const hardAt = objects.map(() => 0);
        const anyAt = objects.map(() => 0);
        const fills: { object: number; mark: number; read: number | undefined; over: boolean }[] = [];
        for (const each of events) {
          if (each.kind === 'begin')
            fills.push({ object: each.object, mark: store.sequence, read: undefined, over: false });
          else if (each.kind === 'change-and-purge') {
            const { target, covered } = targets[each.purge] as (typeof targets)[number];
            version++;
            applyPurge(parts, target, each.soft);
            for (const i of covered) {
              anyAt[i] = version;
              if (!each.soft) hardAt[i] = version;
            }
          } else {
            const fill = fills[each.fill];
            if (!fill || fill.over) continue;
            fill.read ??= version;
            if (each.kind === 'end') {
              fill.over = true;
              const { key, tags } = objects[fill.object] as (typeof objects)[number];
              store.putIfNotPurgedSince(fill.mark, key, stored(fill.read, '', tags));
            }
          }
          for (const [i, { key }] of objects.entries()) {
            const [found] = store.peek(key);
            if (!found) continue;
            expect(found.size).toBeGreaterThanOrEqual(hardAt[i] ?? 0);
            if (found.purgedSoftAtMs === undefined) expect(found.size).toBeGreaterThanOrEqual(anyAt[i] ?? 0);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
