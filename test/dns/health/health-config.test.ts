import { describe, expect, it } from 'vitest';
import { z } from '../../../src/base/schema.ts';
import { judgeReply, parseStatuses } from '../../../src/dns/health/expectation.ts';
import {
  checksSchema,
  healthProblems,
  healthSchema,
  popHealthFields,
} from '../../../src/dns/health/health-config.ts';

const popSchema = z.strictObject({ name: z.string(), ipv4: z.optional(z.string()), ...popHealthFields });

function problemsOf(pop: object, checks: object = {}): string[] {
  const config = { pops: [popSchema.parse({ name: 'fra', ...pop })], checks: checksSchema.parse(checks) };
  return healthProblems(config).map(({ path, message }) => `${path}: ${message}`);
}

describe('health settings', () => {
  it('mean what they meant when nothing new is said', () => {
    expect(healthSchema.parse(undefined)).toMatchObject({
      intervalSeconds: 1,
      timeoutSeconds: 1,
      rise: 2,
      fall: 3,
      ok: 1,
    });
    expect(healthSchema.parse({ intervalSeconds: 2, timeoutSeconds: 0.5, rise: 1, fall: 1 })).toMatchObject({
      intervalSeconds: 2,
      fall: 1,
    });
  });

  it('flap damping can be turned off', () => {
    expect(healthSchema.parse({ flap: false }).flap).toBe(false);
    expect(healthSchema.parse({ flap: { changes: 3 } }).flap).toMatchObject({ changes: 3, holdSeconds: 10 });
  });
});

describe('a check', () => {
  it.each([
    ['tcp without a port', { type: 'tcp' }],
    ['a type that is none', { type: 'icmp' }],
    ['a path with a line break', { type: 'http', path: '/\r\nx: y' }],
    ['a host with a line break', { type: 'http', host: 'a\r\nx: y' }],
    ['a status that is none', { type: 'http', expectStatus: '2xy' }],
    ['no status at all', { type: 'http', expectStatus: [] }],
    ['a pattern that is none', { type: 'http', expectBody: { regexp: '(' } }],
    [
      'a sticky pattern, which would remember its last place',
      { type: 'http', expectBody: { regexp: 'a', flags: 'y' } },
    ],
    ['a word too many', { type: 'http', prot: 80 }],
  ])('is refused: %s', (_sentence, check) => {
    expect(checksSchema.safeParse({ web: check }).success).toBe(false);
  });

  it('is taken with its defaults', () => {
    expect(checksSchema.parse({ web: { type: 'https', host: 'www.cdn.test' } })['web']).toEqual({
      type: 'https',
      host: 'www.cdn.test',
      path: '/',
      expectStatus: 200,
      verify: true,
    });
  });
});

describe('POPs and their checks', () => {
  const checks = { web: { type: 'http' }, six: { type: 'tcp', port: 80, family: 'ipv6' } };
  it.each([
    ['all is well', { ipv4: '192.0.2.1', check: 'web' }, []],
    ['a name that leads nowhere', { ipv4: '192.0.2.1', check: 'wbe' }, ['pops[0].check: no check wbe']],
    ['no address', { check: 'web' }, ['pops[0]: its check needs an address']],
    [
      'no address of the family',
      { ipv4: '192.0.2.1', check: 'six' },
      ['pops[0]: its check needs an address'],
    ],
    ['another address for checks', { check: 'six', checkAddress: '2001:db8::1' }, []],
    [
      'two ways to say it',
      { ipv4: '192.0.2.1', check: 'web', healthUrl: 'http://192.0.2.1/' },
      ['pops[0]: both check and healthUrl'],
    ],
    [
      'a load that means nothing',
      { loadUrl: 'http://192.0.2.1/load' },
      ['pops[0]: loadUrl without capacity'],
    ],
  ])('%s', (_sentence, pop, problems) => {
    expect(problemsOf(pop, checks)).toEqual(problems);
  });
});

describe('an expected status', () => {
  it.each([
    [200, [[200, 200]]],
    ['2xx', [[200, 299]]],
    ['200-204', [[200, 204]]],
    [
      [200, '3XX'],
      [
        [200, 200],
        [300, 399],
      ],
    ],
    ['204-200', undefined],
    [99, undefined],
    ['', undefined],
  ] as const)('%j is %j', (status, ranges) => {
    expect(parseStatuses(status)).toEqual(ranges);
  });
});

describe('a reply', () => {
  const body = { words: '"ok"', matches: (text: string) => text.includes('ok') };
  const statuses = [[200, 299]] as const;
  it.each([
    ['as wished', 204, '', undefined, { ok: true, reason: 'HTTP 204' }],
    ['another status', 302, 'ok', body, { ok: false, reason: 'HTTP 302' }],
    ['another body', 200, 'no', body, { ok: false, reason: 'HTTP 200, but the body has no "ok"' }],
    ['the body', 200, 'all ok', body, { ok: true, reason: 'HTTP 200' }],
  ] as const)('%s', (_sentence, status, text, wanted, verdict) => {
    const expected = { statuses, ...(wanted && { body: wanted }) };
    expect(judgeReply({ status, body: Buffer.from(text) }, expected)).toEqual(verdict);
  });
});
