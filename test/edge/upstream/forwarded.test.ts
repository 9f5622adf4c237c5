import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldValue } from '../../../src/edge/fields.ts';
import { forwardedPolicy, rewriteForwarded } from '../../../src/edge/upstream/forwarded.ts';

const policy = forwardedPolicy({
  trust: ['10.0.0.0/8', '2001:db8::/32'],
  send: ['x-forwarded', 'forwarded'],
});
const asked = (clientAddress: string, authority = 'www.test:8080') => ({
  clientAddress,
  authority,
  protocol: 'http' as const,
  pseudonym: 'catchment-fra',
});
const forged = [
  'X-Forwarded-For',
  '1.2.3.4',
  'forwarded',
  'for=1.2.3.4',
  'X-Real-IP',
  '1.2.3.4',
  'Accept',
  '*/*',
];

describe('forwarded fields', () => {
  it('of a client are thrown away and made anew', () => {
    expect(rewriteForwarded(forged, asked('192.0.2.1'), policy)).toEqual([
      ...['Accept', '*/*', 'X-Forwarded-For', '192.0.2.1', 'X-Forwarded-Host', 'www.test:8080'],
      ...['X-Forwarded-Proto', 'http'],
      ...['Forwarded', 'for=192.0.2.1;host="www.test:8080";proto=http;by=_catchment-fra'],
    ]);
  });

  it.each(['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::1'])(
    'of %s, which is trusted, are continued',
    (address) => {
      const fields = rewriteForwarded(
        ['X-Forwarded-For', '192.0.2.1', 'X-Forwarded-Proto', 'https', 'Forwarded', 'for=192.0.2.1'],
        asked(address),
        policy,
      );
      expect(fieldValue(fields, 'x-forwarded-for')).toMatch(/^192\.0\.2\.1, (10\.1\.2\.3|2001:db8::1)$/);
      expect(fieldValue(fields, 'x-forwarded-proto')).toBe('https');
      expect(fieldValue(fields, 'forwarded')).toMatch(/^for=192\.0\.2\.1, for=/);
    },
  );

  it('quotes an IPv6 address, and can be left out', () => {
    const fields = rewriteForwarded([], asked('2001:db8::7'), policy);
    expect(fieldValue(fields, 'forwarded')).toContain('for="[2001:db8::7]";');
    expect(rewriteForwarded(forged, asked('192.0.2.1'), forwardedPolicy({ trust: [], send: [] }))).toEqual([
      'Accept',
      '*/*',
    ]);
  });

  it('never carry what an untrusted client wrote, whatever it wrote', () => {
    const name = fc.constantFrom(
      'X-Forwarded-For',
      'FORWARDED',
      'x-forwarded-proto',
      'X-Forwarded-Host',
      'True-Client-IP',
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.constant('6.6.6.6'))), fc.string(), (lines, host) => {
        const fields = rewriteForwarded(lines.flat(), asked('192.0.2.1', host), policy);
        expect(fields.join('\n')).not.toContain('6.6.6.6');
        expect(fieldValue(fields, 'forwarded')).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });
});
