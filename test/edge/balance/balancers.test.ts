import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { createBoundedLoad, loadBound } from '../../../src/edge/balance/bounded-load.ts';
import { createConsistentHash } from '../../../src/edge/balance/consistent-hash.ts';
import { createBalancer } from '../../../src/edge/balance/create-balancer.ts';
import { createHotSpread } from '../../../src/edge/balance/hot-spread.ts';
import { createLeastConnections } from '../../../src/edge/balance/least-connections.ts';
import { createRoundRobin } from '../../../src/edge/balance/round-robin.ts';
import { describeBalancer, membersOf, spread } from './balancer-contract.ts';

const hot = { requestsPerSecond: 50, members: 3 };

describeBalancer('round-robin', () => createRoundRobin());
describeBalancer('least connections', () => createLeastConnections(false, seededRandom(1)));
describeBalancer('least connections of two', () => createLeastConnections(true, seededRandom(2)));
describeBalancer('consistent hashing', createConsistentHash);
describeBalancer('bounded load', (members) => createBoundedLoad(members, 1.25));
describeBalancer('hot spreading', (members) => createHotSpread(members, createConsistentHash(members), hot));

const ownerOf = (
  balancer: ReturnType<typeof createConsistentHash>,
  key: string,
  members: ReturnType<typeof membersOf>,
) => balancer.choose(key, members, 0)?.member.name;
const keys = Array.from({ length: 5000 }, (_, i) => `GET http://cdn.test/img/${i}.jpg`);

describe('round-robin', () => {
  it('is smooth: the heavy one does not get its turns in a row', () => {
    const members = membersOf(5, 1, 1);
    const balancer = createRoundRobin();
    const order = Array.from({ length: 7 }, () => balancer.choose('', members, 0)?.member.name);
    expect(order).toEqual(['m0', 'm0', 'm1', 'm0', 'm2', 'm0', 'm0']);
  });
});

describe('least connections', () => {
  it('gives the next request to the one with the least per weight', () => {
    const members = membersOf(1, 4, 1);
    for (const [i, inFlight] of [2, 5, 3].entries()) Object.assign(members[i] ?? {}, { inFlight });
    expect(createLeastConnections(false, seededRandom(1)).choose('', members, 0)?.member.name).toBe('m1');
  });

  it.each([false, true])('keeps loads even while nothing ends (power of two: %s)', (powerOfTwo) => {
    const members = membersOf(1, 1, 1, 1, 1, 1);
    spread(createLeastConnections(powerOfTwo, seededRandom(3)), members, 600, () => false);
    const loads = members.map(({ inFlight }) => inFlight);
    expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(powerOfTwo ? 8 : 1);
  });
});

describe('consistent hashing', () => {
  it('moves only the keys of the member that leaves, and a fair share to one that comes', () => {
    const members = membersOf(1, 1, 1, 1, 1);
    const balancer = createConsistentHash(members);
    const before = keys.map((key) => ownerOf(balancer, key, members));
    const without = members.filter(({ name }) => name !== 'm2');
    const after = keys.map((key) => ownerOf(balancer, key, without));
    before.forEach((owner, i) => {
      if (owner !== 'm2') expect(after[i]).toBe(owner);
      else expect(after[i]).not.toBe('m2');
    });
    const grown = [...members, { name: 'm9', weight: 1, inFlight: 0 }];
    const wider = createConsistentHash(grown);
    const moved = keys.filter((key, i) => ownerOf(wider, key, grown) !== before[i]);
    for (const key of moved) expect(ownerOf(wider, key, grown)).toBe('m9');
    expect(moved.length / keys.length).toBeGreaterThan(0.1);
    expect(moved.length / keys.length).toBeLessThan(0.25);
  });

  it('is the same ring on every edge, in whatever order its members are listed', () => {
    const members = membersOf(1, 2, 3);
    const one = createConsistentHash(members);
    const other = createConsistentHash([...members].reverse());
    for (const key of keys.slice(0, 500))
      expect(ownerOf(one, key, members)).toBe(ownerOf(other, key, [...members].reverse()));
  });
});

describe('bounded load', () => {
  it.each([1.05, 1.25, 2])('never gives anybody more than %d times the fair share', (factor) => {
    const members = membersOf(1, 2, 1, 4);
    const balancer = createBoundedLoad(members, factor);
    for (let i = 0; i < 2000; i++) {
      // One key only: plain consistent hashing would give all to one.
      const member = balancer.choose('hot', members, i)?.member as (typeof members)[number];
      expect(member.inFlight + 1).toBeLessThanOrEqual(loadBound(member, members, factor));
      member.inFlight++;
      if (i % 3 === 0) (members.find(({ inFlight }) => inFlight > 0) as typeof member).inFlight--;
    }
  });

  it('is plain consistent hashing while nobody is full', () => {
    const members = membersOf(1, 1, 1);
    const bounded = createBoundedLoad(members, 1.25);
    const plain = createConsistentHash(members);
    for (const key of keys.slice(0, 300))
      expect(ownerOf(bounded, key, members)).toBe(ownerOf(plain, key, members));
  });

  it('says so when the owner was full', () => {
    const members = membersOf(1, 1);
    const balancer = createBoundedLoad(members, 1.25);
    const owner = balancer.choose('k', members, 0)?.member as (typeof members)[number];
    owner.inFlight = 100;
    expect(balancer.choose('k', members, 0)).toMatchObject({ reason: 'bounded-load: owner full' });
  });
});

describe('hot spreading', () => {
  const members = membersOf(1, 1, 1, 1, 1);
  const servedBy = (balancer: ReturnType<typeof createHotSpread>, everyMs: number, requests: number) => {
    const names = new Set<string | undefined>();
    for (let i = 0; i < requests; i++) {
      const member = balancer.choose('viral', members, i * everyMs)?.member;
      // Half of them end before the next comes.
      if (member && i % 2 === 0) member.inFlight++;
      names.add(member?.name);
    }
    return names;
  };
  const create = (self?: string) => createHotSpread(members, createConsistentHash(members), { ...hot, self });

  it('leaves a cool key with its owner and shares a hot one among k', () => {
    expect(servedBy(create(), 100, 200).size).toBe(1);
    expect(servedBy(create(), 1, 2000).size).toBe(3);
  });

  it('prefers this edge when it is among the k', () => {
    const balancer = create();
    servedBy(balancer, 1, 2000);
    const [some] = [...servedBy(balancer, 1, 10)];
    const own = create(some);
    servedBy(own, 1, 2000);
    expect(own.choose('viral', members, 2000)?.member.name).toBe(some);
  });

  it('lets a key cool down', () => {
    const balancer = create();
    servedBy(balancer, 1, 2000);
    expect(balancer.choose('viral', members, 2000)?.reason).toContain('hot key, shared by 3');
    expect(balancer.choose('viral', members, 60_000)?.reason).toBe('consistent-hash');
  });
});

describe('createBalancer', () => {
  it.each(['round-robin', 'least-connections', 'consistent-hash', 'bounded-load'] as const)(
    'knows %s',
    (policy) => {
      const options = { policy, powerOfTwo: false, loadFactor: 1.25, hot };
      const members = membersOf(1);
      expect(createBalancer(members, options, seededRandom(1)).choose('k', members, 0)?.reason).toContain(
        policy,
      );
    },
  );
});
