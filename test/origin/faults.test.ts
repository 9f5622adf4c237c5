import { describe, expect, it } from 'vitest';
import { FaultRules, parseFault } from '../../src/origin/faults.ts';

describe('parseFault', () => {
  it.each([
    ['status', { kind: 'status', status: 503 }],
    ['status:404', { kind: 'status', status: 404 }],
    ['reset', { kind: 'reset' }],
    ['hang', { kind: 'hang' }],
    ['slow', { kind: 'slow', delayMs: 2000 }],
    ['slow:50', { kind: 'slow', delayMs: 50 }],
    ['truncated', { kind: 'truncated' }],
    ['short', { kind: 'short' }],
    ['stall', { kind: 'stall' }],
    ['overlong', { kind: 'overlong' }],
    ['chunking', { kind: 'chunking' }],
    ['garbage', { kind: 'garbage' }],
    ['drip', { kind: 'drip', delayMs: 100 }],
    ['drip:5', { kind: 'drip', delayMs: 5 }],
    ['drip:x', expect.stringContaining('drip wants milliseconds')],
    ['status:99', expect.stringContaining('200 to 599')],
    ['slow:soon', expect.stringContaining('milliseconds')],
    ['fire', expect.stringContaining('expected status:503')],
    ['reset:1', expect.stringContaining('not a fault')],
  ])('%s', (text, expected) => {
    expect(parseFault(text)).toEqual(expected);
  });
});

describe('FaultRules', () => {
  it('hit the paths they name, as often as they say', () => {
    const rules = new FaultRules();
    rules.add({ pathPrefix: '/json/', fault: { kind: 'reset' }, remaining: 2 });
    expect(rules.take('/bytes/1')).toBeUndefined();
    expect([1, 2, 3].map(() => rules.take('/json/1')?.kind)).toEqual(['reset', 'reset', undefined]);
    rules.add({ pathPrefix: '/', fault: { kind: 'hang' } });
    rules.clear();
    expect(rules.take('/json/1')).toBeUndefined();
  });
});
