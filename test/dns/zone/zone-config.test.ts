import { describe, expect, it } from 'vitest';
import { z } from '../../../src/base/schema.ts';
import { resolveZoneEntry, zoneEntrySchema } from '../../../src/dns/zone/zone-config.ts';
import { formatPrefix } from '../../../src/net/prefix.ts';

const schema = z.array(zoneEntrySchema);
const NOT_A_PEER = 'not an IP address or prefix (bits beyond its length must be zero)';

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

  it.each<[entry: unknown, path: string, message: string]>([
    ['', '0', 'Too small: expected string to have >=1 characters'],
    [{ dnssec: true }, '0', 'expected a file name, or an object with `file`'],
    [{ file: 'a', sign: true }, '0', 'Unrecognized key: "sign"'],
    [{ file: 'a', transfer: { allow: ['192.0.2.1/24'] } }, '0.transfer.allow.0', NOT_A_PEER],
    [{ file: 'a', transfer: { allow: ['everyone'] } }, '0.transfer.allow.0', NOT_A_PEER],
    [{ file: 'a', transfer: { notify: ['ns.test'] } }, '0.transfer.notify.0', 'not an IP address'],
    [
      { file: 'a', transfer: { notify: [{ address: '::1', port: 0 }] } },
      '0.transfer.notify.0.port',
      'Too small: expected number to be >=1',
    ],
  ])('is not %j', (entry, path, message) => {
    const issues = schema.safeParse([entry]).error?.issues ?? [];
    expect(issues.map((issue) => [issue.path.join('.'), issue.message])).toEqual([[path, message]]);
  });
});
