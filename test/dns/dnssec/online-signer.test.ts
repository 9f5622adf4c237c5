// The signer by itself: windows, the cache, rollovers, and the cases that validators do not show.

import { createPublicKey, verify } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalRecords, labelCount } from '../../../src/dns/dnssec/canonical.ts';
import { deniedTypes, successorOf } from '../../../src/dns/dnssec/denial.ts';
import { OnlineSigner, type SecureFacts } from '../../../src/dns/dnssec/online-signer.ts';
import { fixedLength, SignatureCache } from '../../../src/dns/dnssec/rrset-signer.ts';
import { REFRESH_SECONDS, signatureWindow } from '../../../src/dns/dnssec/signature-window.ts';
import { keyTag, type ZoneKey } from '../../../src/dns/dnssec/zone-key.ts';
import { RCODES, TYPES } from '../../../src/dns/wire/constants.ts';
import type { Reply } from '../../../src/dns/wire/encode-reply.ts';
import { type Name, parseName } from '../../../src/dns/wire/name.ts';
import { decodeResponse, encodeQuery } from '../../../src/dns/wire/query.ts';
import { flatten, formatRdata } from '../../../src/dns/wire/rdata.ts';
import type { OwnedRRset } from '../../../src/dns/wire/record.ts';
import { findZone, type Zone } from '../../../src/dns/zone/zone.ts';
import { answerPacket, SETTINGS, type SignedServer, startSignedServer } from './signed-server.ts';
import { dig } from './validators.ts';

const NOW = Math.floor(Date.now() / 1000);
const CDN = parseName('cdn.test.') as Name;

let server: SignedServer;
beforeAll(async () => {
  server = await startSignedServer();
});
afterAll(() => server.close());

function name(text: string): Name {
  return parseName(text) as Name;
}

function zone(): Zone {
  return server.zones.get(CDN) as Zone;
}

function signerWith(keys: readonly ZoneKey[], cache?: SignatureCache): OnlineSigner {
  const zoneOf = (owner: Name, type: number) => findZone(server.zones, owner, type);
  return new OnlineSigner(new Map([[CDN, keys]]), { ...SETTINGS, zoneOf, ...(cache && { cache }) });
}

function reply(fields: Partial<Reply>): Reply {
  return { rcode: 0, authoritative: true, answer: [], authority: [], glue: [], additional: [], ...fields };
}

function a(owner: string, last = 1): OwnedRRset {
  return {
    owner: name(owner),
    type: TYPES.A,
    ttlSeconds: 60,
    rdata: [{ parts: [Uint8Array.of(192, 0, 2, last)] }],
  };
}

function facts(fields: Partial<SecureFacts> = {}): SecureFacts {
  return { zone: zone(), name: name('x.cdn.test.'), type: TYPES.A, ...fields };
}

/** `A 13 3 60 20260101000000 20251225000000 12345 cdn.test.`, without the signature. */
function signatures(rrsets: readonly OwnedRRset[]): string[] {
  return rrsets
    .filter((rrset) => rrset.type === TYPES.RRSIG)
    .flatMap((rrset) => rrset.rdata.map((rdata) => formatRdata(TYPES.RRSIG, rdata).replace(/ \S+$/, '')));
}

describe('signature windows', () => {
  it('are the same for all servers, last a day, and leave days of validity at their end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1.7e9, max: 4e9 }), fc.webAuthority(), (now, text) => {
        const owner = name(`${text.replace(/[^a-z]/g, '').slice(0, 20) || 'x'}.`);
        const window = signatureWindow(owner, TYPES.A, 7 * 86400, now);
        expect(window.inceptionSeconds).toBeLessThanOrEqual(now - 3600);
        expect(window.untilSeconds).toBeGreaterThan(now);
        expect(window.untilSeconds - now).toBeLessThanOrEqual(REFRESH_SECONDS);
        expect(window.expirationSeconds - window.untilSeconds).toBe(6 * 86400);
        expect(signatureWindow(owner, TYPES.A, 7 * 86400, window.untilSeconds - 1)).toEqual(window);
        const next = signatureWindow(owner, TYPES.A, 7 * 86400, window.untilSeconds);
        expect(next.inceptionSeconds).toBe(window.inceptionSeconds + REFRESH_SECONDS);
      }),
      { seed: 4034 },
    );
  });

  it('of different names begin at different moments', () => {
    const starts = Array.from(
      { length: 100 },
      (_, i) => signatureWindow(name(`n${i}.cdn.test.`), TYPES.A, 7 * 86400, NOW).untilSeconds,
    );
    expect(new Set(starts).size).toBeGreaterThan(95);
  });
});

describe('the signature cache', () => {
  it('gives the same signature until the window ends, then a new one', () => {
    const signer = signerWith(server.keys.get(CDN) as ZoneKey[]);
    const { signedUntilSeconds, ...first } = signer.secure(
      reply({ answer: [a('x.cdn.test.')] }),
      facts(),
      NOW,
    );
    const again = signer.secure(reply({ answer: [a('x.cdn.test.')] }), facts(), signedUntilSeconds - 1);
    expect(again.answer).toEqual(first.answer);
    expect(signer.cache.counters).toEqual({ made: 1, reused: 1 });
    const later = signer.secure(reply({ answer: [a('x.cdn.test.')] }), facts(), signedUntilSeconds);
    expect(signatures(later.answer)).not.toEqual(signatures(first.answer));
    expect(signer.cache.counters.made).toBe(2);
    // A clock that goes back finds the old one.
    expect(signer.secure(reply({ answer: [a('x.cdn.test.')] }), facts(), NOW).answer).toEqual(first.answer);
  });

  it('knows one record from another, and one key from another', () => {
    const keys = server.keys.get(CDN) as ZoneKey[];
    const cache = new SignatureCache(100);
    for (const last of [1, 2, 1, 2]) {
      signerWith(keys, cache).secure(reply({ answer: [a('x.cdn.test.', last)] }), facts(), NOW);
    }
    expect(cache.counters).toEqual({ made: 2, reused: 2 });
    const other = signerWith(server.keys.get(name('other.test.')) as ZoneKey[], cache);
    other.secure(reply({ answer: [a('x.cdn.test.', 1)] }), facts(), NOW);
    expect(cache.counters.made).toBe(3);
  });

  it('is bounded, whatever is asked', () => {
    const cache = new SignatureCache(10);
    const signer = signerWith(server.keys.get(CDN) as ZoneKey[], cache);
    for (let i = 0; i < 50; i++) {
      const nowhere = name(`n${i}.cdn.test.`);
      const denied = { kind: 'nxdomain' as const, name: nowhere, types: [] };
      signer.secure(reply({ rcode: 3, authority: [zone().negativeSoa] }), facts({ denied }), NOW);
    }
    expect(cache.entries.size).toBe(10);
  });
});

describe('signatures', () => {
  it('verify over records in any order', () => {
    const address = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(address, { minLength: 1, maxLength: 5 }), (addresses) => {
        const rdata = addresses.map((bytes) => ({ parts: [bytes] }));
        const forwards: OwnedRRset = { ...a('x.cdn.test.'), rdata };
        const backwards: OwnedRRset = { ...forwards, rdata: rdata.toReversed() };
        const text = canonicalRecords(forwards.owner, forwards, 60);
        expect(canonicalRecords(backwards.owner, backwards, 60)).toBe(text);
        const signer = signerWith(server.keys.get(CDN) as ZoneKey[]);
        const [, rrsig] = signer.secure(reply({ answer: [forwards] }), facts(), NOW).answer;
        const bytes = flatten(rrsig?.rdata[0] as never);
        const zsk = server.keys.get(CDN)?.find((key) => key.flags === 256) as ZoneKey;
        const signed = Buffer.concat([bytes.subarray(0, -64), Buffer.from(text, 'latin1')]);
        const [x, y] = [zsk.publicKey.subarray(0, 32), zsk.publicKey.subarray(32)].map((half) =>
          Buffer.from(half).toString('base64url'),
        );
        const object = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y } as never, format: 'jwk' });
        expect(
          verify('sha256', signed, { key: object, dsaEncoding: 'ieee-p1363' }, bytes.subarray(-64)),
        ).toBe(true);
      }),
      { seed: 6605, numRuns: 30 },
    );
  });

  it('have numbers of 32 bytes, however short or long their ASN.1 form is', () => {
    const integer = fc.bigInt({ min: 1n, max: 2n ** 256n - 1n });
    const asn1 = (value: bigint) => {
      const hex = value.toString(16);
      const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
      const body = (bytes[0] as number) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
      return Buffer.concat([Buffer.from([2, body.length]), body]);
    };
    fc.assert(
      fc.property(integer, integer, fc.nat(255), fc.nat(255), (r, s, shortenR, shortenS) => {
        const numbers = [r >> BigInt(shortenR), s >> BigInt(shortenS)] as const;
        const body = Buffer.concat(numbers.map(asn1));
        const der = Buffer.concat([Buffer.from([0x30, body.length]), body]);
        const hex = numbers.map((number) => number.toString(16).padStart(64, '0')).join('');
        expect(fixedLength(der).toString('hex')).toBe(hex);
      }),
      { seed: 690 },
    );
  });

  it('sort records as RFC 4034 section 6.3 says: a shorter one before what it begins', () => {
    const rrset = {
      type: 16,
      ttlSeconds: 1,
      rdata: ['02', '0100', '01', 'ff', '01'].map((hex) => ({ parts: [Buffer.from(hex, 'hex')] })),
    };
    const text = Buffer.from(canonicalRecords('\0', rrset, 1), 'latin1').toString('hex');
    const head = '00' + '0010' + '0001' + '00000001';
    expect(text).toBe(['000101', '00020100', '000102', '0001ff'].map((tail) => head + tail).join(''));
    expect(labelCount(name('*.a.test.'))).toBe(2);
    expect(labelCount(name('x*.a.test.'))).toBe(3);
  });

  it('say the TTL that is the most, while the answer has what is served', () => {
    const signer = signerWith(server.keys.get(CDN) as ZoneKey[]);
    const steered = { ...a('x.cdn.test.'), ttlSeconds: 7, originalTtlSeconds: 60 };
    const { answer } = signer.secure(reply({ answer: [steered] }), facts(), NOW);
    expect(signatures(answer)[0]).toMatch(/^A 13 3 60 /);
    expect(answer[1]?.ttlSeconds).toBe(7);
  });

  it('are made by both keys of a kind that are active, and not by one that is only published', () => {
    const [ksk, zsk] = server.keys.get(CDN) as [ZoneKey, ZoneKey];
    const other = server.keys.get(name('other.test.'))?.[0] as ZoneKey;
    const second: ZoneKey = { ...other, zone: CDN, flags: 256 };
    const both = signerWith([ksk, zsk, second]);
    const tags = (rrsets: readonly OwnedRRset[]) =>
      signatures(rrsets).map((text) => Number(text.split(' ')[6]));
    const answered = both.secure(reply({ answer: [a('x.cdn.test.')] }), facts(), NOW);
    expect(tags(answered.answer)).toEqual([keyTag(zsk), keyTag(second)]);
    const waiting = { ...second, timing: { publish: 0, activate: NOW + 1000 } };
    const signer = signerWith([ksk, zsk, waiting]);
    const before = signer.secure(reply({ answer: [a('x.cdn.test.')] }), facts(), NOW);
    expect(tags(before.answer)).toEqual([keyTag(zsk)]);
    expect(before.signedUntilSeconds).toBeLessThanOrEqual(NOW + 1000);
    expect(signer.apexRRset(zone(), TYPES.DNSKEY, NOW)?.rdata.length).toBe(3);
    const after = signer.secure(reply({ answer: [a('x.cdn.test.')] }), facts(), NOW + 1000);
    expect(tags(after.answer)).toEqual([keyTag(zsk), keyTag(waiting)]);
  });

  it('of keys replace what a reply still had from before a change of keys', () => {
    const [ksk, zsk] = server.keys.get(CDN) as [ZoneKey, ZoneKey];
    const leaving = { ...zsk, timing: { publish: 0, activate: 0, inactive: NOW + 10, delete: NOW + 10 } };
    const signer = signerWith([ksk, leaving]);
    const rrset = { ...(signer.apexRRset(zone(), TYPES.DNSKEY, NOW) as OwnedRRset), owner: CDN };
    expect(rrset.rdata.length).toBe(2);
    const asked = facts({ name: CDN, type: TYPES.DNSKEY });
    expect(signer.secure(reply({ answer: [rrset] }), asked, NOW + 10).answer[0]?.rdata.length).toBe(1);
  });
});

describe('denial', () => {
  const nowhere = { kind: 'nxdomain' as const, name: '\x04nope\x03cdn\x04test\0', types: [] };
  const negative = () => reply({ rcode: RCODES.NXDOMAIN, authority: [zone().negativeSoa] });

  it('of a name is NOERROR, unless the client can take NXDOMAIN with it', () => {
    const { signer } = server;
    expect(signer.secure(negative(), facts({ denied: nowhere }), NOW).rcode).toBe(RCODES.NOERROR);
    expect(signer.secure(negative(), facts({ denied: nowhere, compactOk: true }), NOW).rcode).toBe(
      RCODES.NXDOMAIN,
    );
  });

  it('over the wire too: NXDOMAIN without DO, NOERROR with it, NXDOMAIN with CO', async () => {
    expect(await dig(server.port, 'nope.cdn.test')).toContain('status: NXDOMAIN');
    expect(await dig(server.port, '+dnssec', 'nope.cdn.test')).toContain('status: NOERROR');
    // dig does not set CO: bit 14 of the flags, in the OPT record at the end of the query.
    const packet = encodeQuery({ id: 1, name: 'nope.cdn.test', type: TYPES.A, edns: { dnssecOk: true } });
    packet[packet.length - 4] = 0xc0;
    expect(decodeResponse(answerPacket(server, packet))?.rcode).toBe(RCODES.NXDOMAIN);
  });

  it('never names the type that it denies, whatever the name has for others', () => {
    const denied = {
      kind: 'nodata' as const,
      name: name('geo.cdn.test.'),
      types: [TYPES.A, TYPES.AAAA, TYPES.TXT],
    };
    const { authority } = server.signer.secure(negative(), facts({ denied, type: TYPES.AAAA }), NOW);
    expect(formatRdata(TYPES.NSEC, authority[2]?.rdata[0] as never)).toBe(
      '\\000.geo.cdn.test. A TXT RRSIG NSEC',
    );
  });

  it('at a delegation names NS and DS only', () => {
    const types = [TYPES.NS, TYPES.DS, TYPES.A, TYPES.TXT];
    expect(deniedTypes(zone(), name('signed.cdn.test.'), TYPES.AAAA, types, [])).toEqual([
      TYPES.NS,
      TYPES.DS,
    ]);
    expect(deniedTypes(zone(), CDN, TYPES.TXT, [TYPES.NS, TYPES.SOA], [TYPES.DNSKEY])).toEqual([2, 6, 48]);
  });

  it('by a policy without an address is found in the reply, and leaves both families to others', () => {
    const asked = facts({ name: name('geo.cdn.test.'), type: TYPES.AAAA });
    const { authority } = server.signer.secure(reply({ authority: [zone().negativeSoa] }), asked, NOW);
    expect(formatRdata(TYPES.NSEC, authority[2]?.rdata[0] as never)).toBe(
      '\\000.geo.cdn.test. A TXT RRSIG NSEC',
    );
  });

  it('in an unsigned zone is left as it is', () => {
    const plain = server.zones.get(name('plain.cdn.test.')) as Zone;
    const before = reply({ rcode: RCODES.NXDOMAIN, authority: [plain.negativeSoa] });
    const denied = { ...nowhere, name: name('nope.plain.cdn.test.') };
    expect(server.signer.secure(before, facts({ zone: plain, denied }), NOW)).toMatchObject(before);
  });

  it('ends right behind the name, also where the name is as long as can be', () => {
    const label = fc
      .array(
        fc.integer({ min: 0, max: 255 }).filter((byte) => byte < 65 || byte > 90),
        { minLength: 1, maxLength: 63 },
      )
      .map((bytes) => String.fromCharCode(bytes.length, ...bytes));
    const names = fc
      .array(label, { minLength: 1, maxLength: 20 })
      .map((labels) => `${labels.join('')}\0`)
      .filter((text) => text.length <= 255);
    fc.assert(
      fc.property(names, (owner) => {
        const next = successorOf(owner);
        expect(next.length).toBeLessThanOrEqual(255);
        if (next !== '\0') expect(canonicalOrder(next) > canonicalOrder(owner)).toBe(true);
        if (owner.length <= 253) expect(next).toBe(`\x01\0${owner}`);
      }),
      { seed: 4471, numRuns: 300 },
    );
    const full = `${`\x3f${'a'.repeat(63)}`.repeat(3)}\x3d${'a'.repeat(61)}\0`;
    expect(full.length).toBe(255);
    expect(successorOf(full)).toBe(`\x3f${'a'.repeat(62)}b${full.slice(64)}`);
    expect(successorOf(full.replaceAll('a', '@'))).toBe(
      `\x3f${'@'.repeat(62)}[${full.slice(64).replaceAll('a', '@')}`,
    );
    expect(successorOf(`\x3f${'\xff'.repeat(63)}${full.slice(64)}`)).toBe(
      `\x3f${'a'.repeat(62)}b${full.slice(128)}`,
    );
    const short = `\x3e${'a'.repeat(62)}${full.slice(64)}`;
    expect(successorOf(short)).toBe(`\x3f${'a'.repeat(62)}\0${full.slice(64)}`);
  });
});

/** A string that sorts as RFC 4034 section 6.1 orders names: labels from the last, each ended by what is below all bytes. */
function canonicalOrder(owner: Name): string {
  const labels: string[] = [];
  for (let at = 0; owner.charCodeAt(at) > 0; at += 1 + owner.charCodeAt(at)) {
    const label = owner.slice(at + 1, at + 1 + owner.charCodeAt(at));
    labels.unshift(Array.from(label, (char) => String.fromCharCode(char.charCodeAt(0) + 2)).join(''));
  }
  return labels.map((label) => `${label}\x01`).join('');
}
