// What the edge counts for the dashboards: client networks within a bound, the kind of address asked, the time to answer.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressKinds, ClientNetworks, MAX_NETWORKS } from '../../src/edge/client-networks.ts';
import { createHistogram, histogramText, LATENCY_BUCKETS, observe } from '../../src/edge/histogram.ts';
import { startPair } from '../edge/support/edge-and-origin.ts';

describe('client networks', () => {
  it('are /24 and /48, counted apart by kind of address', () => {
    const networks = new ClientNetworks();
    const first = networks.of('100.64.2.10', 'anycast');
    expect(networks.of('100.64.2.200', 'anycast')).toBe(first);
    expect(networks.of('100.64.2.10', 'unicast')).not.toBe(first);
    expect(first.network).toBe('100.64.2.0/24');
    expect(networks.of('2001:db8:4002:1::10', 'anycast').network).toBe('2001:db8:4002::/48');
  });

  it('without a request yet are not shown', () => {
    const networks = new ClientNetworks();
    const count = networks.of('100.64.2.10', 'anycast');
    expect(networks.entries()).toEqual([]);
    count.requests++;
    expect(networks.entries()).toEqual([count]);
  });

  it('are bounded, whoever comes', () => {
    const networks = new ClientNetworks();
    for (let i = 0; i < 3 * MAX_NETWORKS; i++) networks.of(`10.${i >> 8}.${i & 255}.1`, 'anycast').requests++;
    const entries = networks.entries();
    expect(entries).toHaveLength(MAX_NETWORKS + 1);
    expect(entries.at(-1)).toMatchObject({ network: 'other', requests: 2 * MAX_NETWORKS });
    // Who was counted before goes on being counted.
    expect(networks.of('10.0.0.9', 'anycast').network).toBe('10.0.0.0/24');
  });

  it('of an address that is none is other', () => {
    expect(new ClientNetworks().of('', 'unknown').network).toBe('other');
    expect(new ClientNetworks().of('fe80::1%eth0', 'unknown').network).toBe('other');
  });
});

describe('the kind of a local address', () => {
  it('is told by the list of anycast addresses', () => {
    const kind = addressKinds({ anycast: ['192.0.2.1', '2001:DB8:0::1'], sourceAddress: '192.0.2.1' });
    expect(['192.0.2.1', '203.0.113.1', '2001:db8::1', '2001:db8::2'].map(kind)).toEqual([
      'anycast',
      'unicast',
      'anycast',
      'unicast',
    ]);
  });

  it('else by the source address, for its family', () => {
    const kind = addressKinds({ sourceAddress: '203.0.113.1' });
    expect(['203.0.113.1', '192.0.2.1', '2001:db8::1'].map(kind)).toEqual(['unicast', 'anycast', 'unknown']);
  });

  it('else is not known', () => {
    expect(addressKinds({})('192.0.2.1')).toBe('unknown');
  });
});

describe('a histogram', () => {
  it('counts each observation in its bucket and all above it', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 60, noNaN: true })), (seconds) => {
        const histogram = createHistogram();
        for (const value of seconds) observe(histogram, value);
        const text = histogramText('x', 'X.', [{ labels: { pop: 'fra' }, histogram }]);
        for (const bound of LATENCY_BUCKETS) {
          const within = seconds.filter((value) => value <= bound).length;
          expect(text).toContain(`x_bucket{le="${bound}",pop="fra"} ${within}\n`);
        }
        expect(text).toContain(`x_bucket{le="+Inf",pop="fra"} ${seconds.length}\n`);
        expect(text).toContain(`x_count{pop="fra"} ${seconds.length}\n`);
      }),
    );
  });
});

it('an edge counts answers by client and time, and neither health checks nor nonsense as clients', async () => {
  const pair = await startPair();
  await pair.get('/bytes/1000?max_age=60');
  await pair.get('/bytes/1000?max_age=60');
  await pair.get('/healthz');
  await pair.raw('nonsense\r\n\r\n');
  const { clients, requestSeconds } = pair.edge.metrics;
  const counted = () => requestSeconds.hit.counts.reduce((sum, count) => sum + count, 0);
  await expect.poll(counted).toBe(1);
  expect(clients.entries()).toEqual([
    { network: '127.0.0.0/24', addressKind: 'unicast', requests: 2, lastMs: expect.any(Number) },
  ]);
  await pair.close();
});
