import { describe, expect, it } from 'vitest';
import { z } from '../../../src/base/schema.ts';
import { resolveZoneEntry, zoneEntrySchema } from '../../../src/dns/zone/zone-config.ts';
import { formatPrefix } from '../../../src/net/prefix.ts';

const schema = z.array(zoneEntrySchema);

function settings(entry: unknown) {
  const resolved = resolveZoneEntry(zoneEntrySchema.parse(entry));
  return { ...resolved, allowTransfer: resolved.allowTransfer.map(formatPrefix) };
}

describe('a `zones` entry', () => {
  it('is a file name: nothing signed, nobody gets copies', () => {
    expect(settings('a.zone')).toEqual({ file: 'a.zone', dnssec: false, allowTransfer: [], notify: [] });
  });

  it('or a file with what is to be done with the zone', () => {
    const transfer = {
      allow: ['192.0.2.0/24', '192.0.2.7', '2001:db8::/32', '::1'],
      notify: ['192.0.2.7', { address: '::1', port: 5353 }],
    };
    expect(settings({ file: 'a.zone', dnssec: true, transfer })).toEqual({
      file: 'a.zone',
      dnssec: true,
      allowTransfer: ['192.0.2.0/24', '192.0.2.7/32', '2001:db8::/32', '::1/128'],
      notify: [
        { address: '192.0.2.7', port: 53 },
        { address: '::1', port: 5353 },
      ],
    });
  });

  it.each([
    ['', '[0]'],
    [{ dnssec: true }, '[0]'],
    [{ file: 'a', sign: true }, '[0]'],
    [{ file: 'a', transfer: { allow: ['192.0.2.1/24'] } }, '[0].transfer.allow[0]'],
    [{ file: 'a', transfer: { allow: ['everyone'] } }, '[0].transfer.allow[0]'],
    [{ file: 'a', transfer: { notify: ['ns.test'] } }, '[0].transfer.notify[0]'],
    [{ file: 'a', transfer: { notify: [{ address: '::1', port: 0 }] } }, '[0].transfer.notify[0]'],
  ])('is not %j', (entry) => {
    const parsed = schema.safeParse([entry]);
    expect(parsed.success).toBe(false);
    console.log(JSON.stringify(parsed.error?.issues));
  });
});
