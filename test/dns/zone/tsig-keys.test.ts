import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/base/errors.ts';
import { parseName } from '../../../src/dns/wire/name.ts';
import { parseTsigKeys } from '../../../src/dns/zone/tsig-keys.ts';

const SECRET = Buffer.alloc(32, 7).toString('base64');

describe('a file of TSIG keys', () => {
  it('is what tsig-keygen writes, with comments, one key or several', () => {
    const text = `# made by hand
key "Transfer.key" {
	algorithm hmac-sha256;
	secret "${SECRET}";
}; /* and
one more */
key other. { secret "${SECRET}"; algorithm "HMAC-SHA256."; }; // end
`;
    const { keys, problems } = parseTsigKeys(text, 'tsig.keys');
    expect(problems).toEqual([]);
    expect([...keys.values()]).toEqual([
      { name: parseName('transfer.key'), secret: new Uint8Array(32).fill(7) },
      { name: parseName('other'), secret: new Uint8Array(32).fill(7) },
    ]);
  });

  it.each([
    ['', 'tsig.keys: there is no key'],
    ['zone "a" { };', 'tsig.keys:1: this is no key'],
    [`\nkey k { algorithm hmac-md5; secret "${SECRET}"; };`, 'tsig.keys:2: the key k is for hmac-md5'],
    ['key k { algorithm hmac-sha256; };', 'tsig.keys:1: the key k has no secret in base64'],
    ['key k { algorithm hmac-sha256; secret "?"; };', 'tsig.keys:1: the key k has no secret in base64'],
    ['key k { algorithm hmac-sha256; secret "AAAA"; };', 'tsig.keys:1: the secret of k has 3 bytes'],
    [`key a..b { algorithm hmac-sha256; secret "${SECRET}"; };`, 'tsig.keys:1: a..b is not a domain name'],
    [`key k { algorithm hmac-sha256; secret "${SECRET}"; };`.repeat(2), 'tsig.keys:1: a second key k'],
    [`key k { algorithm hmac-sha256; secret "${SECRET}";`, 'tsig.keys:1: this is no key'],
  ])('is not %j', (text, expected) => {
    const { problems } = parseTsigKeys(text, 'tsig.keys');
    expect(problems.map(formatProblem).join('\n')).toContain(expected);
  });
});
