// Our codec against two others that know nothing of it: dns-packet and dns2 (client side).

import dnsPacket from 'dns-packet';
import dns2 from 'dns2';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TYPES } from '../../../src/dns/wire/constants.ts';
import { decodeQuery, Query, questionName } from '../../../src/dns/wire/decode-query.ts';
import { renderBody, writeReply } from '../../../src/dns/wire/encode-reply.ts';
import { parseName } from '../../../src/dns/wire/name.ts';
import { decodeResponse, encodeQuery } from '../../../src/dns/wire/query.ts';
import { parseRdata, type Token } from '../../../src/dns/wire/rdata.ts';
import type { OwnedRRset, Rdata } from '../../../src/dns/wire/record.ts';
import { parseAddress } from '../../../src/net/ip-address.ts';

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
const domain = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));

function rrset(owner: string, type: number, text: string): OwnedRRset {
  const tokens: Token[] = text.split(' ').map((word) => ({ text: word, quoted: false }));
  const rdata = parseRdata(type, tokens, '\0');
  if (typeof rdata === 'string') throw new Error(rdata);
  return { owner: parseName(owner) as string, type, ttlSeconds: 60, rdata: [rdata as Rdata] };
}

describe('queries', () => {
  it('are what dns-packet says they are', () => {
    fc.assert(
      fc.property(domain, fc.nat(65535), fc.boolean(), (name, id, recursionDesired) => {
        const clientSubnet = { address: parseAddress('100.64.3.0') as Uint8Array, prefixLength: 24 };
        const edns = { nsid: true, clientSubnet };
        const bytes = encodeQuery({ id, name, type: TYPES.AAAA, recursionDesired, edns });
        const oracle = dnsPacket.decode(bytes);
        expect(oracle).toMatchObject({ id, type: 'query', flag_rd: recursionDesired });
        expect(oracle.questions).toEqual([{ name, type: 'AAAA', class: 'IN' }]);
        expect(oracle.additionals?.[0]).toMatchObject({
          type: 'OPT',
          udpPayloadSize: 1232,
          options: [{ code: 3 }, { code: 8, family: 1, sourcePrefixLength: 24, ip: '100.64.3.0' }],
        });
      }),
      { seed: 4 },
    );
  });

  it('of dns-packet and dns2 are understood', () => {
    const theirs = dnsPacket.encode({
      type: 'query',
      id: 77,
      flags: dnsPacket.RECURSION_DESIRED,
      questions: [{ type: 'A', name: 'www.cdn.test' }],
      additionals: [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: 4096,
          extendedRcode: 0,
          ednsVersion: 0,
          flags: dnsPacket.DNSSEC_OK,
          flag_do: true,
          options: [{ code: 8, ip: '2001:db8:4001::', sourcePrefixLength: 56 }],
        },
      ],
    });
    const query = new Query();
    expect(decodeQuery(theirs, theirs.length, query)).toBe('query');
    expect(questionName(theirs, query)).toBe('\x03www\x03cdn\x04test\0');
    expect(query).toMatchObject({
      id: 77,
      recursionDesired: true,
      hasEdns: true,
      edns: { udpPayloadBytes: 4096, dnssecOk: true, clientSubnet: { family: 2, sourcePrefixLength: 56 } },
    });
    const packet = new dns2.Packet();
    packet.header.id = 5;
    const { TYPE, CLASS } = dns2.Packet;
    packet.questions.push(new dns2.Packet.Question('www.cdn.test', TYPE.AAAA, CLASS.IN));
    const bytes = packet.toBuffer();
    expect(decodeQuery(bytes, bytes.length, query)).toBe('query');
    expect(query).toMatchObject({ id: 5, type: TYPES.AAAA, hasEdns: false });
  });
});

describe('replies', () => {
  it('are what dns-packet says they are, with names compressed', () => {
    const query = new Query();
    const out = Buffer.alloc(65535);
    fc.assert(
      fc.property(domain, domain, fc.nat(65535), (owner, target, priority) => {
        const answer = [
          rrset(owner, TYPES.CNAME, `${target}.`),
          rrset(target, TYPES.A, '192.0.2.1'),
          rrset(target, TYPES.AAAA, '2001:db8::1'),
          rrset(owner, TYPES.MX, `${priority} mail.${target}.`),
          rrset(owner, TYPES.SRV, `1 2 ${priority} host.${owner}.`),
          rrset(owner, TYPES.TXT, 'hello world'),
          rrset(target, TYPES.CAA, '0 issue ca.test'),
        ];
        const authority = [rrset(owner, TYPES.SOA, `ns.${owner}. admin.${target}. 1 2 3 4 5`)];
        const packet = encodeQuery({ id: 9, name: owner, type: TYPES.A });
        expect(decodeQuery(packet, packet.length, query)).toBe('query');
        const reply = { rcode: 0, authoritative: true, answer, authority, glue: [], additional: [] };
        const body = renderBody(questionName(packet, query), reply);
        const length = writeReply(out, packet, query.questionEnd, reply, body, undefined, 65535);
        const bytes = out.subarray(0, length);
        const oracle = dnsPacket.decode(bytes);
        expect(oracle.answers?.map((each) => 'data' in each && each.data)).toMatchObject([
          target,
          '192.0.2.1',
          '2001:db8::1',
          { preference: priority, exchange: `mail.${target}` },
          { priority: 1, weight: 2, port: priority, target: `host.${owner}` },
          [Buffer.from('hello'), Buffer.from('world')],
          { tag: 'issue', value: 'ca.test' },
        ]);
        expect(oracle.authorities?.[0]).toMatchObject({
          data: { mname: `ns.${owner}`, rname: `admin.${target}`, minimum: 5 },
        });
        expect(bytes.length).toBeLessThan(dnsPacket.encode(oracle).length);
        expect(decodeResponse(bytes)?.answer.map((record) => record.text)[3]).toBe(
          `${priority} mail.${target}.`,
        );
        const theirs = dns2.Packet.parse(bytes);
        expect(theirs.answers.length).toBe(7);
      }),
      { seed: 5 },
    );
  });
});
