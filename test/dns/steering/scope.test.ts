import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { checkScope, sameAnswer } from '../../../src/dns/steering/check-scope.ts';
import { explainSteering } from '../../../src/dns/steering/explain-steering.ts';
import { Steering } from '../../../src/dns/steering/steering.ts';
import { formatAddress } from '../../../src/net/ip-address.ts';
import { address, sharing, show, world } from './random-worlds.ts';
import { LONDON, POPS, scene, states, TOKYO } from './support.ts';

const family = fc.constantFrom<4 | 6>(4, 6);

describe('whatever the policy, the database, the RTTs and the health', () => {
  it('everyone inside an announced scope gets the same answer', () => {
    fc.assert(
      fc.property(
        world,
        address,
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        family,
        (random, one, bits, asked) => {
          const { steering } = scene(random);
          const first = steering.choose(0, asked, one);
          const scope = steering.scopePrefixLength;
          const other = sharing(
            one,
            scope,
            bits.map((bit) => bit % 8),
          );
          const second = steering.choose(0, asked, other);
          expect([show(other), second.addresses, second.ttlSeconds]).toEqual([
            show(other),
            first.addresses,
            first.ttlSeconds,
          ]);
        },
      ),
      { numRuns: 800, seed: 6 },
    );
  });

  it('explain comes to the same choice and scope by another way', () => {
    fc.assert(
      fc.property(
        world,
        fc.array(address, { minLength: 1, maxLength: 5 }),
        family,
        (random, clients, asked) => {
          const { steering, city, rtts } = scene(random);
          for (const client of clients) {
            const choice = steering.choose(0, asked, client);
            const scope = steering.scopePrefixLength;
            const explained = explainSteering(steering, { city, rtts }, 0, asked, client);
            expect({ ...explained.choice, scope: explained.scopePrefixLength }).toEqual({ ...choice, scope });
          }
        },
      ),
      { numRuns: 700, seed: 7 },
    );
  });

  it('the same decision is the same object, and a new snapshot with nothing new keeps it', () => {
    fc.assert(
      fc.property(world, address, family, (random, client, asked) => {
        const { steering } = scene(random);
        const choice = steering.choose(0, asked, client);
        expect(steering.choose(0, asked, client)).toBe(choice);
        steering.setSnapshot({ serial: 2, pops: states(POPS, random) });
        expect(steering.choose(0, asked, client)).toBe(choice);
        steering.setRtts(steering.rtts);
        expect(steering.choose(0, asked, client)).toBe(choice);
      }),
      { numRuns: 100, seed: 8 },
    );
  });

  it('a copy sent to another thread chooses the same', () => {
    fc.assert(
      fc.property(world, address, family, (random, client, asked) => {
        const { steering, compiled } = scene(random);
        const other = new Steering(structuredClone(compiled));
        other.setSnapshot(structuredClone(steering.snapshot));
        other.setRtts(structuredClone(steering.rtts));
        expect(other.choose(0, asked, client)).toEqual(steering.choose(0, asked, client));
      }),
      { numRuns: 50, seed: 9 },
    );
  });

  it('an answer has no address twice, and none of the other family', () => {
    fc.assert(
      fc.property(world, address, family, (random, client, asked) => {
        const { addresses } = scene(random).steering.choose(0, asked, client);
        expect(new Set(addresses.map(formatAddress)).size).toBe(addresses.length);
        expect(addresses.every((each) => each.length === (asked === 4 ? 4 : 16))).toBe(true);
      }),
      { numRuns: 300, seed: 10 },
    );
  });
});

describe('the scope checker', () => {
  it('proves random worlds', () => {
    fc.assert(
      fc.property(world, family, (random, asked) => {
        const check = checkScope(scene(random).steering, 0, asked, { random: seededRandom(1), probes: 50 });
        expect(
          check.conflicts.map(({ one, other }) => [
            show(one.address),
            one.scopePrefixLength,
            show(other.address),
          ]),
        ).toEqual([]);
      }),
      { numRuns: 150, seed: 11 },
    );
  });

  it('catches any class that was put where it does not belong', () => {
    // A leaf changed by hand while its neighbours keep their scopes is fine, so what is broken is a scope: an index of the
    // first 16 bits that stops too early, as a wrong merge would.
    const places = Object.fromEntries(
      Array.from({ length: 4096 }, (_, i) => [`100.${i >> 8}.${i & 255}.0/24`, i % 2 === 0 ? LONDON : TOKYO]),
    );
    const { steering, compiled } = scene({ policy: 'nearest', places });
    const table = compiled.compiled[1]?.table;
    expect(table?.index4.length).toBe(65536);
    const slot = (100 << 8) | 3;
    expect(checkScope(steering, 0, 4, { random: seededRandom(1), probes: 10 }).conflicts).toEqual([]);
    if (table) {
      const inside = table.index4[slot] as number;
      const leaf = table.nodes[2 * inside] as number;
      table.index4[slot] = leaf < 0 ? leaf : ~0;
      table.depths4[slot] = 9;
    }
    const { conflicts } = checkScope(steering, 0, 4, { random: seededRandom(1), probes: 10 });
    expect(conflicts.length).toBeGreaterThan(0);
    const { one, other } = conflicts[0] as (typeof conflicts)[number];
    expect(sameAnswer(one.choice, other.choice)).toBe(false);
  });

  it.each([-1, 1])(
    'catches a scope that is %s bit off in a random world, whenever that changes an answer',
    (bits) => {
      let caught = 0;
      fc.assert(
        fc.property(world, (random) => {
          const { steering } = scene(random);
          const broken: Steering = Object.create(steering, {
            choose: {
              value: (...question: Parameters<Steering['choose']>) => {
                const choice = steering.choose(...question);
                broken.scopePrefixLength = Math.max(0, steering.scopePrefixLength + bits);
                broken.byHash = steering.byHash;
                return choice;
              },
            },
            scopePrefixLength: { value: 0, writable: true },
            byHash: { value: false, writable: true },
            compiled: { value: steering.compiled },
            tableOf: { value: (index: number) => steering.tableOf(index) },
          });
          const { conflicts } = checkScope(broken, 0, 4, { random: seededRandom(1), probes: 20 });
          for (const { one, other } of conflicts) {
            if (one === other) continue;
            const shared = sharing(one.address, one.scopePrefixLength, other.address);
            expect(show(shared)).toBe(show(other.address));
          }
          if (conflicts.length > 0) caught++;
        }),
        { numRuns: 100, seed: 12 },
      );
      // A longer scope is only narrower than it need be.
      if (bits > 0) expect(caught).toBe(0);
      else expect(caught).toBeGreaterThan(10);
    },
  );
});
