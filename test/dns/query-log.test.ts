import { describe, expect, it } from 'vitest';
import {
  createQueryLogBuffer,
  createSampler,
  formatQueryLogLine,
  MOST_PENDING_BYTES,
  type QueryLogEntry,
} from '../../src/dns/query-log.ts';

const ENTRY: QueryLogEntry = {
  atMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  client: Uint8Array.of(198, 51, 100, 77),
  clientPrefixLength: 32,
  from: 'source',
  name: 'www.cdn.test.',
  type: 'A',
  rcode: 'NOERROR',
  reason: 'nearest-healthy',
  policy: 'nearest',
  pop: 'pop-fra',
  ttlSeconds: 20,
  transport: 'udp',
  bytes: 61,
  durationMicros: 12.7,
};

describe('a line of the query log', () => {
  it('is one JSON object with the client cut to a /24', () => {
    const line = formatQueryLogLine({ ...ENTRY, scope: 18 });
    expect(line.endsWith('}\n')).toBe(true);
    expect(JSON.parse(line)).toEqual({
      at: '2026-01-02T03:04:05.006Z',
      client: '198.51.100.0/24',
      from: 'source',
      name: 'www.cdn.test.',
      type: 'A',
      rcode: 'NOERROR',
      reason: 'nearest-healthy',
      policy: 'nearest',
      pop: 'pop-fra',
      scope: 18,
      ttlSeconds: 20,
      transport: 'udp',
      bytes: 61,
      durationMicros: 13,
    });
  });

  it('has IPv6 clients cut to a /56, shorter networks as they are, and whole addresses when asked', () => {
    const client = Uint8Array.from([0x20, 1, 0xd, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const network = (entry: QueryLogEntry, whole?: boolean) =>
      JSON.parse(formatQueryLogLine(entry, whole)).client;
    expect(network({ ...ENTRY, client, clientPrefixLength: 128 })).toBe('2001:db8:102:300::/56');
    expect(network({ ...ENTRY, clientPrefixLength: 8 })).toBe('198.0.0.0/8');
    expect(network(ENTRY, true)).toBe('198.51.100.77/32');
  });

  it('stays one line whatever the name holds', () => {
    expect(formatQueryLogLine({ ...ENTRY, name: 'a\nb"\u0000.test.' }).split('\n')).toHaveLength(2);
  });
});

describe('sampling', () => {
  it('takes the first and then every nth, by counting', () => {
    const sample = createSampler(3);
    expect(Array.from({ length: 8 }, sample)).toEqual([true, false, false, true, false, false, true, false]);
  });

  it('of 1 takes all, of 0 none', () => {
    expect(Array.from({ length: 3 }, createSampler(1))).toEqual([true, true, true]);
    expect(Array.from({ length: 3 }, createSampler(0))).toEqual([false, false, false]);
  });
});

describe('the buffer of a thread', () => {
  it('hands on whole lines in chunks, when they are long or old enough, or when told to', () => {
    const chunks: string[] = [];
    const counters = new Int32Array(2);
    const buffer = createQueryLogBuffer((chunk) => chunks.push(chunk), counters);
    buffer.add(ENTRY);
    buffer.flush(ENTRY.atMs + 10);
    expect(chunks).toHaveLength(0);
    buffer.flush(ENTRY.atMs + 500);
    expect(chunks).toHaveLength(1);
    for (let i = 0; i < 200; i++) buffer.add(ENTRY);
    expect(chunks.length).toBeGreaterThan(2);
    buffer.flush(ENTRY.atMs, true);
    const lines = chunks.join('').trimEnd().split('\n');
    expect(lines).toHaveLength(201);
    for (const line of lines) JSON.parse(line);
    expect(counters[0]).toBe(chunks.join('').length);
  });

  it('drops and counts lines while too much waits for the disk', () => {
    const counters = new Int32Array(2);
    counters[0] = MOST_PENDING_BYTES + 1;
    const buffer = createQueryLogBuffer(() => expect.unreachable(), counters);
    buffer.add(ENTRY);
    buffer.add(ENTRY);
    buffer.flush(ENTRY.atMs, true);
    expect(counters[1]).toBe(2);
  });
});
