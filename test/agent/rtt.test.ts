import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { measureRtt } from '../../src/agent/io/measure-rtt.ts';
import { RttMeasurer } from '../../src/agent/io/rtt-measurer.ts';
import { RttTable } from '../../src/agent/rtt-table.ts';

describe('RTT of a TCP connection attempt', () => {
  test('a closed port answers with RST, an open one with SYN-ACK: both are samples', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await measureRtt({ address: '127.0.0.1', port })).toBeGreaterThan(0);
    await new Promise((resolve) => server.close(resolve));
    expect(await measureRtt({ address: '127.0.0.1', port, localAddress: '127.0.0.2' })).toBeGreaterThan(0);
  });

  test('an address that cannot be reached gives none', async () => {
    // A source address that this host does not have: the attempt fails before any packet.
    expect(await measureRtt({ address: '127.0.0.1', port: 9, localAddress: '203.0.113.77' })).toBeUndefined();
  });
});

describe('RTT table', () => {
  test('the smallest of the latest samples counts, and old ones are forgotten', () => {
    const table = new RttTable(3);
    for (const [i, rtt] of [5, 30, 31, 32].entries()) table.record('100.64.1.0/24', rtt, i * 1000);
    expect(table.entries()).toEqual([
      { prefix: '100.64.1.0/24', rttMs: 30, measuredAt: '1970-01-01T00:00:03.000Z', samples: 3 },
    ]);
  });

  test('the first round measures every target, then says so', async () => {
    const targets = ['127.0.0.1', '127.0.0.2'].map((address) => ({ prefix: `${address}/32`, address }));
    const measurer = new RttMeasurer({
      targets,
      targetPort: 9,
      rttIntervalSeconds: 60,
      rttSamples: 3,
      sourceAddress: undefined,
    });
    const stop = new AbortController();
    expect(measurer.firstRoundDone).toBe(false);
    const running = measurer.run(stop.signal);
    await expect.poll(() => measurer.firstRoundDone).toBe(true);
    expect(
      measurer
        .entries()
        .map(({ prefix }) => prefix)
        .sort(),
    ).toEqual(['127.0.0.1/32', '127.0.0.2/32']);
    expect(measurer.entries().every(({ samples }) => samples >= 3)).toBe(true);
    stop.abort();
    await running;
  });
});
